/**
 * The newest entries once more, outside of this process: in files in memory (tmpfs), which a kill of the process leaves
 * as they are and which cost no flash. What a bridge had not yet handed over when the gateway was killed is found here.
 *
 *   append ──┐
 *   confirm ─┴► one write a turn of the event loop ─► file a │ file b ─► emptied when all of it is safe elsewhere
 */
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { messageOf, type Range } from '@habtwin/contract'
import { type Log, RangeSet } from '@habtwin/runtime'
import type { Entry } from './disk.ts'

/** What was found of an earlier process. */
export interface Recovered {
  readonly journal: string
  /** In order of number. */
  readonly entries: readonly Entry[]
}

/** What a consumer was known to have. */
export interface Confirmed {
  readonly consumer: string
  readonly journal: string
  readonly range: Range
}

/** Bytes of one file beyond which the other is begun. */
const LARGE = 1_048_576
/** Bytes beyond which something is wrong: nothing more is kept here. */
const MOST = 64_000_000

/**
 * Where files in memory may be: the user's own folder (XDG Base Directory), or the machine's (tmpfs(5)). That of a
 * container goes with the process that it was made for, so there the first has to be given: one that is kept.
 */
function places(env: NodeJS.ProcessEnv): string[] {
  const machine = CONTAINER.some((mark) => existsSync(mark)) ? undefined : '/dev/shm'
  return [env.XDG_RUNTIME_DIR, machine].filter((place): place is string => place !== undefined && place !== '')
}

/** Files by which Docker and balenaEngine, and Podman, tell a process that it is in a container. */
const CONTAINER = ['/.dockerenv', '/run/.containerenv']

interface File {
  readonly path: string
  readonly fd: number
  bytes: number
  /** The highest number in it. */
  last: number
}

export class Tail implements Disposable {
  readonly #log: Log
  readonly #folder: string
  readonly #files: [File, File]
  #journal = ''
  #lines: string[] = []
  /** By consumer and journal, of this turn. */
  readonly #confirmed = new Map<string, RangeSet>()
  #last = 0
  #waiting = false
  #broken = false

  private constructor(folder: string, files: [File, File], log: Log) {
    this.#folder = folder
    this.#files = files
    this.#log = log
  }

  /**
   * Opens the files that belong to a data folder; undefined where the machine has no memory for them.
   * @param folder the data folder, as it is called
   */
  static open(folder: string, log: Log, env: NodeJS.ProcessEnv = process.env): Tail | undefined {
    const name = `habtwin-tail-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`
    for (const place of places(env)) {
      try {
        const own = join(place, name)
        mkdirSync(own, { recursive: true, mode: 0o700 })
        const found = lstatSync(own)
        // in a folder that all can write somebody else may have been first
        if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0) continue
        return new Tail(own, [openFile(join(own, 'a')), openFile(join(own, 'b'))], log)
      } catch (error) {
        log.debug({ place }, `no files in memory there: ${messageOf(error)}`)
      }
    }
    log.info('there is no folder in memory: what a kill must not take is written to disk after a second')
    return undefined
  }

  /** True while it keeps what it is given. */
  get ok(): boolean {
    return !this.#broken
  }

  /** What the last process left; it stays until `done` is called. From now on this is for another journal. */
  begin(journal: string): { readonly journals: Recovered[]; readonly confirmed: Confirmed[] } {
    this.#journal = journal
    const found = this.#files.map((file) => parse(readFileSync(file.path, 'utf8')))
    const journals = found.filter((one) => one.journal !== '')
    return {
      journals: journals.sort((a, b) => (a.entries[0]?.seq ?? 0) - (b.entries[0]?.seq ?? 0)),
      confirmed: found.flatMap(({ confirmed }) => confirmed),
    }
  }

  add({ seq, topic, payload }: Entry): void {
    if (this.#broken) return
    this.#lines.push(`${seq} ${topic} ${payload}\n`)
    this.#last = seq
    this.#soon()
  }

  /** A consumer without marks of its own has what is between two numbers of a journal. */
  confirm(consumer: string, journal: string, from: number, to: number): void {
    if (this.#broken) return
    const key = `${consumer} ${journal}`
    const ranges = this.#confirmed.get(key) ?? new RangeSet()
    this.#confirmed.set(key, ranges)
    ranges.addRange(from, to)
    this.#soon()
  }

  #soon(): void {
    if (this.#waiting) return
    this.#waiting = true
    // before anybody can hear of it: sockets are written to later in the turn
    queueMicrotask(() => this.#flush())
  }

  #flush(): void {
    this.#waiting = false
    if (this.#broken) return
    const file = this.#files[0]
    for (const [key, ranges] of this.#confirmed) for (const [a, b] of ranges) this.#lines.push(`+${key} ${a} ${b}\n`)
    this.#confirmed.clear()
    const text = this.#lines.join('')
    this.#lines = []
    try {
      const bytes = writeSync(file.fd, file.bytes === 0 ? `${this.#journal}\n${text}` : text)
      file.bytes += bytes
      file.last = this.#last
      if (file.bytes > MOST) throw new RangeError(`${file.bytes} bytes`)
    } catch (error) {
      this.#broken = true
      for (const one of this.#files) empty(one)
      this.#log.warn({ err: error }, 'the files in memory cannot be written: the journal goes to disk at once')
    }
  }

  /**
   * Called now and then.
   * @param isSafe whether everything below a number is confirmed or on disk
   * @param save makes durable what was confirmed
   */
  tick(isSafe: (below: number) => boolean, save: () => void): void {
    const [now, before] = this.#files
    if (this.#broken || now.bytes < LARGE || (before.bytes > 0 && !isSafe(before.last + 1))) return
    save()
    empty(before)
    this.#files.reverse()
  }

  /** All is confirmed or on disk. */
  done(): void {
    for (const file of this.#files) empty(file)
  }

  /** Where all is safe elsewhere, nothing is left behind. */
  [Symbol.dispose](): void {
    if (this.#waiting) this.#flush()
    this.#broken = true
    for (const { fd } of this.#files) closeSync(fd)
    if (this.#files.every(({ bytes }) => bytes === 0)) rmSync(this.#folder, { recursive: true, force: true })
  }
}

function openFile(path: string): File {
  const fd = openSync(path, 'a+', 0o600)
  return { path, fd, bytes: fstatSync(fd).size, last: 0 }
}

function empty(file: File): void {
  ftruncateSync(file.fd, 0)
  file.bytes = 0
  file.last = 0
}

/**
 * A file is the id of its journal and then lines `seq topic payload` and `+consumer journal from to`. A last line
 * without its end was cut.
 */
function parse(text: string): Recovered & { readonly confirmed: Confirmed[] } {
  const lines = text.split('\n')
  const journal = lines.shift() ?? ''
  lines.pop()
  const entries: Entry[] = []
  const confirmed: Confirmed[] = []
  if (!/^[0-9a-f]{32}$/.test(journal)) return { journal: '', entries, confirmed }
  for (const line of lines) {
    const match = /^(\+?)(\S+) (\S+) (.*)$/.exec(line)
    if (match === null) continue
    const [, plus, first = '', second = '', rest = ''] = match
    if (plus === '') entries.push({ seq: Number(first), topic: second, payload: rest })
    else {
      const [from = 0, to = 0] = rest.split(' ').map(Number)
      confirmed.push({ consumer: first, journal: second, range: [from, to] })
    }
  }
  return { journal, entries, confirmed }
}
