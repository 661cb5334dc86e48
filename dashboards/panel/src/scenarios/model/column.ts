/** Names of columns, as engine and files write them: `human.active`, `tank.storage.potable`, `human.in.o2.crew_habitat`. */

export interface ColumnParts {
  readonly agent: string
  readonly kind: 'active' | 'storage' | 'attribute' | 'in' | 'out'
  /** The currency, or the attribute; empty for `active`. */
  readonly name: string
  /** The other end of a flow; empty for all else. */
  readonly connection: string
}

const kinds = ['active', 'storage', 'attribute', 'in', 'out'] as const

/** What a column is of; undefined for a name that is none. */
export function partsOf(column: string): ColumnParts | undefined {
  const [agent = '', word = '', name = '', connection = ''] = column.split('.')
  const kind = kinds.find((one) => one === word)
  return agent === '' || kind === undefined ? undefined : { agent, kind, name, connection }
}

const known: Readonly<Record<string, string>> = {
  o2: 'O₂',
  co2: 'CO₂',
  n2: 'N₂',
  h2: 'H₂',
  ch4: 'CH₄',
  h2o: 'water vapour',
  kwh: 'electricity',
  par: 'light for plants',
}

/** An id as words: `crew_habitat` → `crew habitat`. */
export function plain(id: string): string {
  return known[id] ?? id.replaceAll('_', ' ')
}

/** A text with its chemical formulas as people write them: `CO2 scrubber` → `CO₂ scrubber`. */
export function formulas(text: string): string {
  return text.replaceAll(
    /\b(CO|CH|O|N|H)([234])(?=O?\b)/g,
    (_, atoms: string, n: string) => `${atoms}${'₂₃₄'[Number(n) - 2]}`,
  )
}

/** With its first letter large, but for formulas. */
export function titled(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** A column in words: `Water storage: potable`. @param label of an agent, where it is known */
export function columnLabel(column: string, label: (agent: string) => string | undefined = () => undefined): string {
  const parts = partsOf(column)
  if (parts === undefined) return column
  const { agent, kind, name, connection } = parts
  const who = label(agent) ?? titled(plain(agent))
  if (kind === 'active') return `${who}: active`
  if (kind === 'storage') return `${who}: ${plain(name)}`
  if (kind === 'attribute') return `${who}: ${plain(name)} (attribute)`
  const other = label(connection) ?? plain(connection)
  return kind === 'in' ? `${who}: ${plain(name)} in, from ${other}` : `${who}: ${plain(name)} out, to ${other}`
}
