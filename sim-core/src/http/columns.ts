/** Long columns of numbers as JSON, in pieces, so that one long answer does not hold up the process. */
import { Readable } from 'node:stream'

/** Rows that are written at once. */
const PIECE = 4_096

/** JSON of an object whose arrays may be long; undefined members are left out. */
export function* jsonPieces(body: object): Generator<string> {
  let lead = '{'
  for (const [key, value] of Object.entries(body)) {
    if (value === undefined) continue
    yield `${lead}${JSON.stringify(key)}:`
    lead = ','
    if (!Array.isArray(value) || value.length <= PIECE) {
      yield JSON.stringify(value)
      continue
    }
    for (let i = 0; i < value.length; i += PIECE) {
      yield (i === 0 ? '[' : ',') + JSON.stringify(value.slice(i, i + PIECE)).slice(1, -1)
    }
    yield ']'
  }
  yield lead === '{' ? '{}' : '}'
}

/** What to send for columns of `rows` rows: a text where it is short, else a stream. */
export function columns(body: object, rows: number): string | Readable {
  return rows <= PIECE ? JSON.stringify(body) : Readable.from(jsonPieces(body))
}
