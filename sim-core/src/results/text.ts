/** Text of figures, in pieces: a document is never one string. */

/** Characters of a piece, about. */
export const PIECE = 65_536

/** A figure as JSON: the shortest text that reads as the same figure again. */
export const json = (value: number): string => (Number.isFinite(value) ? String(value) : 'null')

/** Figures that follow each other, as one JSON array. */
export function* array(parts: Iterable<Float64Array>): Generator<string> {
  let text = '['
  let comma = ''
  for (const figures of parts) {
    for (let i = 0; i < figures.length; i++) {
      text += comma + json(figures[i] as number)
      comma = ','
      if (text.length < PIECE) continue
      yield text
      text = ''
    }
  }
  yield `${text}]`
}
