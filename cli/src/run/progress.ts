/** A bar on the terminal: how far a run has come, how fast, and how long it will take yet. */
import { SingleBar } from 'cli-progress'
import { seconds, whole } from './words.ts'

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
    const isDone = step >= this.#steps
    if (now - this.#at < PAUSE && !(isDone && this.#bar)) return
    this.#at = now
    const rate = (step / (now - this.#began)) * 1000
    const left = isDone ? 'writing the file' : `${seconds((this.#steps - step) / rate)} left`
    const payload = { day: whole(Math.floor((step * this.#dt) / 24)), rate: whole(rate), left }
    if (this.#bar === undefined) {
      this.#bar = new SingleBar({
        format: '{bar} {percentage} %  {left}  day {day}  {rate} steps/s',
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true,
        barsize: 24,
        fps: 20,
      })
      this.#bar.start(this.#steps, step, payload)
    } else this.#bar.update(step, payload)
    // what comes next may take a while without a word
    if (isDone) this.#bar.render()
  };

  [Symbol.dispose](): void {
    this.#bar?.stop()
  }
}
