/** What a store holds, counted. */
import { join } from 'node:path'
import { readAll } from '@habtwin/sim-core/store/index'

export interface Stored {
  /** `{device}/{point}` → values. */
  readonly counts: Record<string, number>
  /** … → moments that have more than one value. */
  readonly twice: Record<string, number>
}

/** @param data the data folder, of a line that runs or of one that has ended */
export function stored(data: string): Stored {
  return storedIn(join(data, 'sim'))
}

/** @param folder of the store itself */
export function storedIn(folder: string): Stored {
  const counts: Record<string, number> = {}
  const twice: Record<string, number> = {}
  let last = Number.NaN
  for (const { device, point, rows } of readAll(folder)) {
    const key = `${device}/${point}`
    if (!(key in counts)) last = Number.NaN
    for (const { t, value } of rows) {
      if (value !== null) counts[key] = (counts[key] ?? 0) + 1
      if (t === last) twice[key] = (twice[key] ?? 0) + 1
      last = t
    }
  }
  return { counts, twice }
}
