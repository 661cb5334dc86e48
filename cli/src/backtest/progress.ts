/** A bar on the terminal: how far a backtest has come, and how long it will take yet. */
import { SingleBar } from 'cli-progress'
import { seconds } from '../run/words.ts'

/** ms before a bar is drawn, and between its drawings: what is over at once needs none. */
const PAUSE = 200

export class Progress implements Disposable {
  readonly #steps: number
  readonly #began = performance.now()
  #bar: SingleBar | undefined
  #at = this.#began

  constructor(steps: number) {
    this.#steps = steps
  }

  step(step: number): void {
    const now = performance.now()
    if (now - this.#at < PAUSE) return
    this.#at = now
    const left = seconds(((this.#steps - step) * (now - this.#began)) / step / 1_000)
    if (this.#bar === undefined) {
      const format = '{bar} {percentage} %  {left} left  {value} of {total} steps'
      this.#bar = new SingleBar({
        format,
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true,
        barsize: 24,
      })
      this.#bar.start(this.#steps, step, { left })
    } else this.#bar.update(step, { left })
  }

  [Symbol.dispose](): void {
    this.#bar?.stop()
  }
}
