/** A table that a phone shows as a list: each cell then names itself. */
import type { ComponentChildren } from 'preact'

interface TableProps {
  readonly label: string
  readonly head: readonly string[]
  /** The first cell names the row. */
  readonly rows: readonly {
    readonly key: string
    readonly cells: readonly ComponentChildren[]
    readonly level?: string
  }[]
}

export function Table({ label, head, rows }: TableProps) {
  return (
    <table class="re-table" aria-label={label}>
      <thead>
        <tr>
          {head.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, cells, level }) => (
          <tr key={key} data-level={level}>
            {cells.map((cell, i) =>
              i === 0 ? (
                <th key={head[i]} scope="row">
                  {cell}
                </th>
              ) : (
                <td key={head[i]} data-label={head[i]}>
                  {cell}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
