/** From the columns that threads hand over to the arrays that JSON wants. */
import type { Answer } from './reader.ts'
import type { History } from './types.ts'

/** An answer of the reader's thread as others want it: plain arrays, null for what is none. */
export function toHistory(answer: Answer): History {
  const history: History = { t: numbers(answer.t), value: numbers(answer.value) }
  history.value.forEach((value, i) => {
    if (Number.isNaN(value)) history.value[i] = null
  })
  if (answer.quality !== undefined && answer.quality.length > 0) {
    const quality = new Array<string | null>(answer.t.length).fill(null)
    for (const [i, word] of answer.quality) quality[i] = word
    history.quality = quality
  }
  if (answer.min !== undefined) history.min = numbers(answer.min)
  if (answer.max !== undefined) history.max = numbers(answer.max)
  if (answer.n !== undefined) history.n = numbers(answer.n)
  if (answer.more) history.more = true
  return history
}

/** A plain array of a column, as JSON wants it; a loop is several times as fast as spreading. */
function numbers(column: Float64Array): number[] {
  const list = new Array<number>(column.length)
  for (let i = 0; i < column.length; i++) list[i] = column[i] as number
  return list
}
