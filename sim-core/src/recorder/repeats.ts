/**
 * Rows of a recording that come again. After a kill the gateway plays a recording on from where it last noted its
 * place, up to a second back, and those rows get new numbers in a new journal. A recording has one row a moment, so
 * its times tell: what another journal brought before is not taken again.
 */

/** Moments that are remembered of a device: what is played in a second, at the highest speed, with room to spare. */
const MOST = 50_000

export class Repeats {
  readonly #devices = new Map<string, Map<number, string>>()

  /** Remembers moments that are in the store already; the journal that brought them is not known any more. */
  know(device: string, times: readonly number[]): void {
    for (const t of times.slice(-MOST)) this.#of(device).set(t, '')
  }

  /**
   * Takes a moment of a recording.
   * @param t ms
   * @returns false where another journal brought it before
   */
  take(device: string, t: number, journal: string): boolean {
    const moments = this.#of(device)
    const before = moments.get(t)
    if (before !== undefined && before !== journal) return false
    moments.set(t, journal)
    if (moments.size > MOST) moments.delete(moments.keys().next().value as number)
    return true
  }

  #of(device: string): Map<number, string> {
    const known = this.#devices.get(device)
    if (known !== undefined) return known
    const moments = new Map<number, string>()
    this.#devices.set(device, moments)
    return moments
  }
}
