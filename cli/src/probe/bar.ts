/** A bar on the terminal for what takes a while. Nothing where standard error is no terminal. */
import { SingleBar } from 'cli-progress'

export class Bar implements Disposable {
  readonly #bar: SingleBar | undefined

  /** @param total steps */
  constructor(total: number, show: boolean) {
    if (!show || total < 2 || !process.stderr.isTTY) return
    this.#bar = new SingleBar({
      format: '{bar} {percentage} %  {what}',
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      barsize: 24,
      fps: 20,
    })
    this.#bar.start(total, 0, { what: '' })
  }

  /** Tells how many steps are done, and what comes now. */
  readonly at = (done: number, what: string): void => {
    this.#bar?.update(done, { what })
  };

  [Symbol.dispose](): void {
    this.#bar?.stop()
  }
}
