/** A bar on the terminal: how far a run has come, how fast, and how long it will take yet. */
import { SingleBar } from 'cli-progress'
import { seconds, span, whole } from './words.ts'

/** ms before a bar is drawn, and between its drawings: what is over at once needs none. */
const PAUSE = 200

export class Progress implements Disposable {
  readonly #steps: number
  readonly #dt: number
  readonly #began = performance.now()
  #bar: SingleBar | undefined
  #at = this.#began

  /** @param dt hours a step */
  constructor(steps: number, dt: number) {
    this.#steps = steps
    this.#dt = dt
  }

  /** Tells how far it is. */
  readonly step = (step: number): void => {
    const now = performance.now()
    if (now - this.#at < PAUSE) return
    this.#at = now
    const rate = (step / (now - this.#began)) * 1000
    const left = step < this.#steps ? `${seconds((this.#steps - step) / rate)} left` : 'writing the file'
    const payload = { day: span(Math.floor(step * this.#dt)), rate: whole(rate), left }
    if (this.#bar === undefined) {
      this.#bar = new SingleBar({
        format: '{bar} {percentage} %  {day}  {rate} steps/s  {left}',
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true,
        barsize: 30,
        fps: 20,
      })
      this.#bar.start(this.#steps, step, payload)
    } else this.#bar.update(step, payload)
  };

  [Symbol.dispose](): void {
    this.#bar?.stop()
  }
}
