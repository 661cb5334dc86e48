/** Units of what is recorded. */
import type { Column } from '../engine/columns.ts'
import type { Model } from '../engine/model.ts'

/**
 * The unit of a column: individuals for `active`, the currency's for stores, and for flows what has flowed in the step.
 * Undefined for attributes, which have the unit that their class gives them.
 */
export function unitOf(column: Column, { currencies }: Pick<Model, 'currencies'>): string | undefined {
  if (column.kind === 'active') return '1'
  if (column.kind === 'attribute') return column.name === 'age' ? 'h' : undefined
  const { name } = column
  return (currencies.find(({ id }) => id === name) ?? currencies.find(({ category }) => category === name))?.unit
}
