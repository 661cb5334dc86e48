/**
 * Records as text, in pieces, for files and for REST: JSON column by column, CSV and NDJSON row by row.
 *
 *   Chunk ─rowsOf─► Rows ─► csvLines · ndjsonLines ─► pieces of text
 *   columns, one after the other ─► runRecord ──────► pieces of text
 */
export { type At, csvLines, type Lines, ndjsonLines, type Rows, rowsOf } from './lines.ts'
export { type RecordSource, runRecord } from './record.ts'
export { array } from './text.ts'
export { unitOf } from './units.ts'
