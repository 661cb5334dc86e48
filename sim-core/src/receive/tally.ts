/**
 * Lost and twice, as the rows in a habitat's store have it:
 *
 *   rows in the file ──► counted ─┬─► stored, twice, and said to be stored but not there: lost
 *   marks in the file ────────────┘
 *   what the gateway has numbered, by its word on the link ─► less what is said to be stored: under way
 */
import type { BridgeState } from '@habtwin/contract'
import { HabtwinError } from '@habtwin/contract/errors'
import { type Tally, tally } from '@habtwin/contract/tally'
import { underWayOf } from '@habtwin/contract/under-way'
import type { Clock } from '@habtwin/runtime'
import type { App } from '../http/app.ts'
import type { JournalCount } from '../store/index.ts'
import { habitatOf } from './scope.ts'

export interface Counted {
  readonly store: { count(): Promise<JournalCount[]>; readonly size: { readonly values: number } }
  readonly bridge: BridgeState | undefined
  readonly newest: number | undefined
}

/** Values that are counted by the way: some seconds of a thread that has better things to do. */
const MOST = 3_000_000
/** Between two countings, ms; and in times of what the last one took, so that it never takes a thread for itself. */
const PAUSE = 1_000
const SHARE = 4

export function tallyOf(
  counts: readonly JournalCount[],
  { bridge, newest }: Pick<Counted, 'bridge' | 'newest'>,
  t: number,
): Tally {
  const sum = (of: (one: JournalCount) => number) => counts.reduce((total, one) => total + of(one), 0)
  const said = new Map(counts.map((one) => [one.journal, one.said]))
  const heads = bridge?.heads ?? []
  const underWay = underWayOf(heads, (journal) => said.get(journal) ?? 0)
  const [stored, lost] = [sum((one) => one.stored), sum((one) => one.lost)]
  return {
    ...{ t, taken: stored + underWay + lost, stored, underWay, lost, twice: sum((one) => one.twice) },
    said: Object.fromEntries(heads.map(({ journal }) => [journal, said.get(journal) ?? 0])),
    newest: newest ?? null,
    ...(bridge === undefined ? {} : { told: bridge.t }),
  }
}

/** Counts when it is asked to, and not more often than that may cost. */
export class Tallies {
  readonly #clock: Pick<Clock, 'now' | 'mono'>
  readonly #last = new WeakMap<object, { readonly counts: Promise<JournalCount[]>; t: number; until: number }>()

  constructor(clock: Pick<Clock, 'now' | 'mono'>) {
    this.#clock = clock
  }

  /** @throws HabtwinError request/too-large; what the store throws */
  async of(habitat: Counted): Promise<Tally> {
    const { values } = habitat.store.size
    if (values > MOST) throw new HabtwinError('request/too-large', `${values} values are too many to be counted by the way`) // biome-ignore format: one thought
    let last = this.#last.get(habitat.store)
    if (last === undefined || this.#clock.mono() >= last.until) {
      const began = this.#clock.mono()
      const next = { counts: habitat.store.count(), t: this.#clock.now(), until: Number.POSITIVE_INFINITY }
      const done = () => {
        const now = this.#clock.mono()
        next.until = now + Math.max(PAUSE, SHARE * (now - began))
      }
      next.counts.then(done, done)
      this.#last.set(habitat.store, next)
      last = next
    }
    const counts = await last.counts
    return tallyOf(counts, habitat, last.t)
  }
}

/** @param of the habitat of that name that this process records */
export function tallyRoutes(app: App, tallies: Tallies, of: (habitat: string) => Counted | undefined): void {
  app.get(
    '/api/tally',
    {
      schema: {
        tags: ['mission control'],
        summary: 'What is in the store, counted row by row, beside what the habitat took',
        response: { 200: tally },
      },
    },
    async ({ raw }) => {
      const habitat = of(habitatOf(raw) ?? '')
      if (habitat === undefined) throw new HabtwinError('request/not-found', 'Of which habitat? /habitats/{habitat}/api/tally') // biome-ignore format: one thought
      return tallies.of(habitat)
    },
  )
}
