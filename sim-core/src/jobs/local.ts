/** The runner that comes with habtwin: threads of this process. */
import { executeEnsemble } from './ensemble.ts'
import type { End, Runner, Sink, Work } from './runner.ts'
import type { Threads } from './threads.ts'

export class LocalRunner implements Runner {
  readonly #threads: Threads

  /** @param threads are its owner's to close */
  constructor(threads: Threads) {
    this.#threads = threads
  }

  get slots(): number {
    return this.#threads.most
  }

  run(work: Work, sink: Sink, signal: AbortSignal): Promise<End> {
    const { ensemble } = work.input
    if (ensemble !== undefined) return executeEnsemble(work, ensemble, this.#threads, sink, signal)
    const hearing = {
      started: () => sink.started(),
      progress: (step: number) => sink.progress(step),
      save: (save: Parameters<Sink['save']>[0]) => sink.save(save),
      signal,
    }
    return this.#threads.call('run', work, hearing)
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
