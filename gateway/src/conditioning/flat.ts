/**
 * One job: an instrument that says exactly the same for too long is stuck, or disconnected behind a converter that
 * repeats itself (`uncertain:flat`). Off unless it is asked for: a state, a crew, energy at night or a full tank are
 * constant by nature, and a coarse instrument in still air is constant for hours.
 */

export class Flat {
  readonly #span: number
  #value = Number.NaN
  #since = 0

  /** @param span ms */
  constructor(span: number) {
    this.#span = span
  }

  /**
   * True where the value has not moved for the whole span.
   * @param at ms, of any clock that does not go back
   */
  doubts(value: number, at: number): boolean {
    if (value === this.#value) return at - this.#since >= this.#span
    this.#value = value
    this.#since = at
    return false
  }
}
