/** The store: what was measured, estimated, said and done. */
export type { Cursor } from './cursor.ts'
export * from './export.ts'
export { keyText } from './series.ts'
export { Store } from './store.ts'
export type * from './types.ts'
