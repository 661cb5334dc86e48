/** Looks each second whether the habitat is heard, and tells when that changes for longer than a moment. */
import type { LinkStanding, LinkState } from '@habtwin/contract/standing'

export interface SignalParts {
  readonly stands: () => LinkStanding
  readonly now: () => number
  /** The habitat is heard again. */
  readonly again: () => void
  /** A change that people want to read. @param since ms */
  readonly told: (state: LinkState, since: number) => void
}

export class SignalWatch {
  readonly #parts: SignalParts
  #before: LinkState | undefined

  constructor(parts: SignalParts) {
    this.#parts = parts
  }

  look(): void {
    const { stands, now, again, told } = this.#parts
    const { state, since } = stands()
    const before = this.#before
    this.#before = state
    if (before === undefined || before === state) return
    if (state === 'up') again()
    // a pause that is soon over is no news
    if (state === 'late' || (state === 'up' && before === 'late')) return
    told(state, state === 'up' ? now() : since)
  }
}
