/** The habitats of one process: heard of, opened, given away to another process, and taken over from one that died. */
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { idPattern } from '@habtwin/contract'
import { isHabtwinError, isOutsideFault, messageOf } from '@habtwin/contract/errors'
import { type Log, Supervisor } from '@habtwin/runtime'
import type { Clock } from '@habtwin/runtime/clock'
import type { Link } from '@habtwin/runtime/mqtt'
import type { Habitat } from './habitat.ts'
import type { Members } from './members.ts'

export interface DeskParts {
  /** The receiver's data. */
  readonly data: string
  readonly link: Pick<Link, 'subscribe'>
  readonly members: Pick<Members, 'id' | 'ownerOf'>
  /** Those that are recorded, all that are heard of where it is left out; and how many at most. May change. */
  readonly wanted: () => { readonly habitats?: readonly string[] | undefined; readonly most: number }
  /** Opens one. Throws data/locked where another process has it still. */
  readonly open: (habitat: string) => Habitat
  readonly clock: Clock
  readonly log: Log
  readonly failed: (error: unknown) => void
}

interface Opened {
  readonly habitat: Habitat
  readonly tasks: Supervisor
}

/** Names that are remembered. */
const HEARD = 10_000

export class Desk implements AsyncDisposable {
  readonly #parts: DeskParts
  readonly #heard = new Set<string>()
  readonly #open = new Map<string, Opened>()
  /** Those that could not be opened, and why: said once. */
  readonly #closed = new Map<string, string>()
  #sharing = false
  #full = false

  constructor(parts: DeskParts) {
    this.#parts = parts
  }

  /** Remembers what there was, and listens for what there is. */
  start(): void {
    const { data, link } = this.#parts
    const folder = join(data, 'habitats')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (const habitat of readdirSync(folder)) this.#hear(habitat)
    for (const kind of ['journal/+', 'status/+']) {
      link.subscribe(`hab/+/${kind}`, (topic, payload) => {
        if (payload.length > 0) this.#hear(topic.split('/', 2)[1] ?? '')
      })
    }
  }

  /** Every habitat that is to be recorded and was heard of, here or not. */
  get known(): readonly string[] {
    const { habitats, most } = this.#parts.wanted()
    const known = habitats ?? [...this.#heard]
    this.#tellMost(known.length > most, most)
    return known.slice(0, most).sort()
  }

  /** Those that this process records. */
  get habitats(): Habitat[] {
    return [...this.#open.values()].map(({ habitat }) => habitat)
  }

  get(habitat: string): Habitat | undefined {
    return this.#open.get(habitat)?.habitat
  }

  /** Takes what is this process's to record, and gives away what is another's; each in its turn. */
  async share(signal: AbortSignal): Promise<void> {
    if (this.#sharing) return
    this.#sharing = true
    try {
      const { id, ownerOf } = {
        id: this.#parts.members.id,
        ownerOf: (name: string) => this.#parts.members.ownerOf(name),
      }
      const known = new Set(this.known)
      for (const habitat of new Set([...known, ...this.#open.keys()])) {
        if (signal.aborted) return
        const is = this.#open.has(habitat)
        const own = known.has(habitat) && ownerOf(habitat) === id
        const began = this.#parts.clock.mono()
        if (own && !is) this.#take(habitat)
        else if (!own && is) await this.#give(habitat)
        else continue
        // a new store waits for the disk: gateways that come meanwhile have as much time as that took
        await this.#parts.clock.sleep(this.#parts.clock.mono() - began, signal).catch(() => undefined)
      }
    } finally {
      this.#sharing = false
    }
  }

  /** Closes those that go by another configuration now; the next look opens them again. */
  async renew(touched: (habitat: string) => boolean): Promise<void> {
    for (const habitat of [...this.#open.keys()]) if (touched(habitat)) await this.#give(habitat)
  }

  /** Each second. */
  async tick(): Promise<void> {
    for (const { habitat } of this.#open.values()) {
      habitat.tick()
      await turn()
    }
  }

  async retire(): Promise<void> {
    for (const { habitat } of this.#open.values()) {
      await habitat.store.retire().catch((error: unknown) => {
        if (!isOutsideFault(error)) throw error
        this.#parts.log.warn({ habitat: habitat.id, err: error }, 'what is too old stays for now')
      })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const habitat of [...this.#open.keys()]) await this.#give(habitat)
  }

  /** Whoever may speak at the broker could invent names: of those that are not recorded, not every one is remembered. */
  #hear(habitat: string): void {
    if (idPattern.test(habitat) && this.#heard.size < HEARD) this.#heard.add(habitat)
  }

  #tellMost(full: boolean, most: number): void {
    if (full && !this.#full)
      this.#parts.log.error({ most }, 'more habitats are heard of than `receive.most` allows: the rest is not recorded')
    this.#full = full
  }

  #take(name: string): void {
    const { open, clock, log, failed } = this.#parts
    try {
      const habitat = open(name)
      const tasks = new Supervisor(clock, log, failed)
      const { mirror } = habitat
      if (mirror) tasks.run(`mirror of ${name}`, (until) => mirror.run(until))
      this.#open.set(name, { habitat, tasks })
      this.#closed.delete(name)
      log.info({ habitat: name }, 'recording')
    } catch (error) {
      if (isHabtwinError(error, 'data/locked')) return // its holder is about to let go, or will be found dead
      if (!isOutsideFault(error) && !isHabtwinError(error)) throw error
      const why = messageOf(error)
      if (this.#closed.get(name) !== why) log.error({ habitat: name, err: error }, 'a habitat cannot be recorded')
      this.#closed.set(name, why)
    }
  }

  async #give(name: string): Promise<void> {
    const opened = this.#open.get(name)
    if (opened === undefined) return
    this.#open.delete(name)
    await opened.tasks[Symbol.asyncDispose]()
    await opened.habitat[Symbol.asyncDispose]()
    this.#parts.log.info({ habitat: name }, 'no longer recorded by this process')
  }
}
