/** Records column by column: the JSON of a `RunRecord`. */
import type { Column } from '../engine/columns.ts'
import { array } from './text.ts'

/** What a record is written of. Columns are asked for one after the other, so that not all need to be there at once. */
export interface RecordSource<C extends { readonly column: Column }> {
  readonly columns: readonly C[]
  /** `step_num` of the rows, in parts that follow each other. */
  readonly steps: Iterable<Float64Array>
  /** The figures of a column, in parts that follow each other. */
  read(column: C): Iterable<Float64Array>
  /** What agents died of, by id. */
  readonly causes: Readonly<Record<string, string | null>>
}

/** Names → names → … → columns. */
type Tree<C> = Map<string, Tree<C> | C>

/** A `RunRecord` in pieces. */
export function* runRecord<C extends { readonly column: Column }>(source: RecordSource<C>): Generator<string> {
  yield '{"step_num":'
  yield* array(source.steps)
  yield ',"agents":{'
  let comma = ''
  for (const [agent, tree] of treeOf(source.columns)) {
    yield `${comma}${JSON.stringify(agent)}:{`
    comma = ','
    yield* members(tree, (column) => source.read(column))
    yield `,"cause_of_death":${JSON.stringify(source.causes[agent] ?? null)}}`
  }
  yield '}}\n'
}

function* members<C extends { readonly column: Column }>(
  tree: Tree<C>,
  read: (column: C) => Iterable<Float64Array>,
): Generator<string> {
  let comma = ''
  for (const [name, inner] of tree) {
    yield `${comma}${JSON.stringify(name)}:`
    comma = ','
    if (inner instanceof Map) {
      yield '{'
      yield* members(inner, read)
      yield '}'
    } else yield* array(read(inner))
  }
}

/** Where each column stands in the records of its agent. */
function treeOf<C extends { readonly column: Column }>(columns: readonly C[]): Map<string, Tree<C>> {
  const agents = new Map<string, Tree<C>>()
  for (const one of columns) {
    const { column } = one
    const own = agents.get(column.agent) ?? new Map<string, Tree<C> | C>()
    agents.set(column.agent, own)
    if (column.kind === 'active') own.set('active', one)
    else if (column.kind === 'flow') {
      under(under(under(own, 'flows'), column.direction), column.name).set(column.connection, one)
    } else under(own, column.kind === 'storage' ? 'storage' : 'attributes').set(column.name, one)
  }
  for (const own of agents.values()) {
    for (const name of ['storage', 'attributes', 'flows']) under(own, name)
    for (const direction of ['in', 'out']) under(under(own, 'flows'), direction)
  }
  return agents
}

function under<C>(tree: Tree<C>, name: string): Tree<C> {
  const known = tree.get(name)
  if (known instanceof Map) return known
  const made: Tree<C> = new Map()
  tree.set(name, made)
  return made
}
