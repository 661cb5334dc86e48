/**
 * Tells when a configuration file holds something else than before. Its folder is watched, not the file: editors put a
 * new file in its place, and Kubernetes and balena swap a symbolic link beside it. What counts is the content.
 */
import { createHash } from 'node:crypto'
import { type FSWatcher, readFileSync, realpathSync, watch } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock, Timer } from '../clock.ts'
import type { Log } from '../log.ts'

export interface WatchParts {
  readonly file: string
  /** What it held when it was read last; undefined where it was not there. */
  readonly text: string | undefined
  readonly clock: Clock
  readonly log: Pick<Log, 'warn'>
  /** Told of the new content; undefined where the file cannot be read. */
  readonly onChange: (text: string | undefined) => void
}

/** A file is written in several steps: what it holds counts when it has been quiet, and the same, for so long, ms. */
const QUIET = 200
/** Where it is never quiet, as in a folder that others write to, it is read after so long all the same, ms. */
const LONGEST = 2_000
/** Network and overlay file systems tell of nothing: the file is looked at so often anyway, ms. */
const LOOK = 10_000

export class ConfigWatch implements Disposable {
  readonly #parts: WatchParts
  #watchers: FSWatcher[] = []
  #folders = ''
  #hash: string
  /** What it held when it was looked at last, where that is not in force. */
  #seen: string | undefined
  #soon: Timer | undefined
  /** When the folder began to stir, monotonic ms. */
  #since = 0
  #later: Timer | undefined

  constructor(parts: WatchParts) {
    this.#parts = parts
    this.#hash = hashOf(parts.text)
  }

  start(): void {
    this.#watch()
    this.#again()
    this.look()
  }

  /** Reads the file now, as for SIGHUP; what is new is told when it has been the same for a moment. */
  look(): void {
    this.#soon?.cancel()
    this.#soon = undefined
    this.#watch() // a link may lead elsewhere by now
    const text = this.#read()
    const hash = hashOf(text)
    if (hash === this.#hash) {
      this.#seen = undefined
      return
    }
    if (hash !== this.#seen) {
      // half of a file is often a file as well: it counts when it is still the same a moment later
      this.#seen = hash
      this.#soon = this.#parts.clock.after(QUIET, () => this.look())
      return
    }
    this.#seen = undefined
    this.#hash = hash
    this.#parts.onChange(text)
  }

  [Symbol.dispose](): void {
    this.#soon?.cancel()
    this.#later?.cancel()
    for (const watcher of this.#watchers) watcher.close()
    this.#watchers = []
  }

  #read(): string | undefined {
    try {
      return readFileSync(this.#parts.file, 'utf8')
    } catch {
      return undefined // for a moment while it is replaced, or for good: the receiver says so
    }
  }

  #again(): void {
    this.#later = this.#parts.clock.after(LOOK, () => {
      this.#again()
      this.look()
    })
  }

  /** Watches the folder that names the file, and the one where it really lies. */
  #watch(): void {
    const { file, log } = this.#parts
    const folders = new Set([dirname(file)])
    try {
      folders.add(dirname(realpathSync(file)))
    } catch {
      // it is not there at the moment
    }
    const named = [...folders].join('\n')
    if (named === this.#folders) return
    this.#folders = named
    for (const watcher of this.#watchers) watcher.close()
    this.#watchers = []
    for (const folder of folders) {
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#stirred())
        watcher.on('error', (error) => log.warn({ err: error }, 'a file is only looked at each 10 s'))
        this.#watchers.push(watcher)
      } catch (error) {
        // no more watches to be had (inotify), or no such folder: the slow look goes on
        log.warn({ err: error, folder }, 'a file is only looked at each 10 s')
      }
    }
  }

  #stirred(): void {
    const { clock } = this.#parts
    if (this.#soon === undefined) this.#since = clock.mono()
    else if (clock.mono() - this.#since > LONGEST) return
    this.#soon?.cancel()
    this.#soon = clock.after(QUIET, () => this.look())
  }
}

function hashOf(text: string | undefined): string {
  return text === undefined ? '' : createHash('sha256').update(text).digest('hex')
}
