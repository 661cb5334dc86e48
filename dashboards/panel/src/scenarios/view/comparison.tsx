/** The table that compares the shown runs; what differs from the first is marked. */
import { useComputed } from '@preact/signals'
import { charts, lengthOf } from '../charts.ts'
import { type Cell, compare, residualRows } from '../model/compare.ts'
import { over } from '../overlay.ts'
import { entryOf, names, runs } from '../store/state.ts'

function Figure({ cell, first }: { cell: Cell; first: boolean }) {
  const { text, differs, bad } = cell
  return (
    <td class={bad ? 'bad' : ''} data-differs={differs}>
      {differs && !first && (
        <span class="sc-differs">
          <span aria-hidden="true">≠</span>
          <span class="sc-hidden">differs: </span>
        </span>
      )}
      {text}
    </td>
  )
}

export function Comparison() {
  const parts = useComputed(() => {
    const shown = runs.value
    const compared = shown.map((run) => ({ run, entry: entryOf(run.job?.scenario), hours: lengthOf(run) }))
    const extremes = charts.value.map(({ id, quantity, unit, lines }) => ({
      id,
      label: quantity.place === '' ? quantity.label : `${quantity.label}, ${quantity.place}`,
      unit,
      digits: quantity.digits,
      series: shown.map((run) => lines.find((line) => line.run.key === run.key)?.series),
    }))
    const laid = over.value
    const residuals = laid
      ? residualRows(
          shown.map(({ key }) => laid.left.get(key)),
          laid.sign,
          laid.digits,
        )
      : []
    return compare(compared, extremes, residuals)
  })
  const shown = runs.value
  return (
    <section class="card" aria-labelledby="compare-title" data-testid="comparison">
      <h3 id="compare-title">{shown.length > 1 ? 'Compared' : 'How it went'}</h3>
      {shown.length > 1 && <p class="quiet">≠ marks what differs from the first.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, which needs the keyboard's focus */}
      <section class="sc-scroll" aria-label="Table of the runs" tabIndex={0}>
        <table class="sc-table" data-testid="compare-table">
          <thead>
            <tr>
              <th scope="col">
                <span class="sc-hidden">Quantity</span>
              </th>
              {shown.map((run) => (
                <th key={run.key} scope="col">
                  <span class={`sc-slot run-${run.slot}`} aria-hidden="true">
                    {run.slot}
                  </span>
                  {names.value.get(run.key)}
                </th>
              ))}
            </tr>
          </thead>
          {parts.value.map(({ title, rows }) => (
            <tbody key={title}>
              <tr class="sc-part">
                <th scope="rowgroup" colSpan={shown.length + 1}>
                  {title}
                </th>
              </tr>
              {rows.map(({ id, label, cells }) => (
                <tr key={id} data-row={id}>
                  <th scope="row">{label}</th>
                  {cells.map((cell, i) => (
                    <Figure key={shown[i]?.key ?? i} cell={cell} first={i === 0} />
                  ))}
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </section>
    </section>
  )
}
