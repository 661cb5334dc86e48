/** The newest value of one point of one device. Written at every reading, so it is one object for ever. */
export class Cell {
  /** NaN where the newest reading had none that can be used. */
  value = Number.NaN
  /** Left out where it is good. */
  quality: string | undefined
  /** Monotonic ms. */
  at = Number.NEGATIVE_INFINITY

  set(value: number | null, quality: string | undefined, at: number): void {
    this.value = value ?? Number.NaN
    this.quality = quality
    this.at = at
  }
}
