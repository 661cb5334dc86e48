/** Any other column of the shown runs, by search. */
import { useState } from 'preact/hooks'
import { columnLabel } from '../model/column.ts'
import { isFirst, quantitiesOf } from '../model/quantities.ts'
import { added, hidden, naming, runs } from '../store/state.ts'

/** Results that are offered at once. */
const MOST = 12

interface Found {
  readonly id: string
  readonly label: string
  readonly text: string
}

/** What is not drawn by itself: the other quantities, and each column. */
function all(): Found[] {
  const found = new Map<string, Found>()
  for (const run of runs.value) {
    const known = naming(run)
    const label = (agent: string) => known.agents.find(({ id }) => id === agent)?.label
    for (const quantity of quantitiesOf(run.names ?? [], known)) {
      if (!isFirst(quantity)) found.set(quantity.id, { id: quantity.id, label: quantity.label, text: quantity.label })
    }
    for (const column of run.names ?? []) {
      const id = `column:${column}`
      const words = columnLabel(column, label)
      found.set(id, { id, label: words, text: `${words} ${column}` })
    }
  }
  return [...found.values()].filter(({ id }) => !added.value.includes(id) || hidden.value.has(id))
}

function add(id: string): void {
  if (!added.value.includes(id)) added.value = [...added.value, id]
  if (hidden.value.has(id)) hidden.value = new Set([...hidden.value].filter((one) => one !== id))
}

export function ColumnSearch() {
  const [search, setSearch] = useState('')
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const known = all()
  const found =
    words.length === 0 ? [] : known.filter(({ text }) => words.every((word) => text.toLowerCase().includes(word)))
  return (
    <div class="sc-search">
      <label for="column-search">Chart anything else</label>
      <input
        id="column-search"
        type="search"
        autocomplete="off"
        placeholder={`${known.length.toLocaleString('en-GB')} columns: try “battery”, “in co2”, “lettuce”`}
        value={search}
        data-testid="column-search"
        onInput={({ currentTarget }) => setSearch(currentTarget.value)}
      />
      {words.length > 0 && (
        <ul class="sc-found" data-testid="found">
          {found.slice(0, MOST).map(({ id, label }) => (
            <li key={id}>
              <button
                type="button"
                data-add={id}
                onClick={() => {
                  add(id)
                  setSearch('')
                }}
              >
                {label}
              </button>
            </li>
          ))}
          {found.length > MOST && <li class="quiet">and {found.length - MOST} more: write another word</li>}
          {found.length === 0 && <li class="quiet">No column of the shown runs is called so.</li>}
        </ul>
      )}
    </div>
  )
}
