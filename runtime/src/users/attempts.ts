/**
 * How often somebody may guess. Wrong passwords are counted for each name and for each address, and beyond a number of
 * them the next try has to wait, twice as long each time.
 *
 * A stranger must not be able to lock the crew out by guessing in their name: an address that a name has logged in from
 * is judged by its own mistakes alone (OWASP Authentication Cheat Sheet, "device cookies"). All counts are bounded, and
 * names that do not exist are counted like those that do, so that nothing can be learned from them.
 */
import type { Clock } from '../clock.ts'

export interface AttemptLimits {
  /** Wrong passwords of one name, and from one address, before the next has to wait. */
  readonly tries: number
  readonly tries_per_address: number
  /** The first wait, and the longest, ms. Mistakes are forgotten after the longest wait without one. */
  readonly wait: number
  readonly longest_wait: number
}

export const attemptLimits: AttemptLimits = {
  tries: 5,
  tries_per_address: 20,
  wait: 30_000,
  longest_wait: 900_000,
}

/** Names and addresses that are remembered at most, each. */
const REMEMBERED = 4_096

interface Count {
  wrong: number
  /** Monotonic ms: of the last mistake, and until when nothing is tried. */
  at: number
  until: number
}

export class Attempts {
  readonly #clock: Pick<Clock, 'mono'>
  readonly #limits: AttemptLimits
  readonly #names = new Map<string, Count>()
  readonly #addresses = new Map<string, Count>()
  /** `name from`: where a name has logged in from. */
  readonly #familiar = new Map<string, true>()

  constructor(clock: Pick<Clock, 'mono'>, limits: AttemptLimits = attemptLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /**
   * How long a try has to wait, ms; 0 where it need not.
   * @param name undefined where none was given
   */
  wait(name: string | undefined, from: string): number {
    const own = name === undefined ? undefined : this.#names.get(this.#key(name, from))
    return Math.max(0, Math.max(own?.until ?? 0, this.#addresses.get(from)?.until ?? 0) - this.#clock.mono())
  }

  /** Counts a try as wrong, before it is looked at: many at once are then no way around. */
  begin(name: string | undefined, from: string): void {
    const { tries, tries_per_address } = this.#limits
    if (name !== undefined) this.#wrong(this.#names, this.#key(name, from), tries)
    this.#wrong(this.#addresses, from, tries_per_address)
  }

  /**
   * The try was right. Its address keeps the mistakes that it made in other names.
   * @param begun true where it was counted as wrong before
   */
  right(name: string, from: string, begun: boolean): void {
    this.#names.delete(this.#key(name, from))
    remember(this.#familiar, `${name} ${from}`, true)
    this.#names.delete(this.#key(name, from))
    const address = this.#addresses.get(from)
    if (address === undefined || !begun) return
    address.wrong--
    address.until = 0
  }

  #key(name: string, from: string): string {
    return this.#familiar.has(`${name} ${from}`) ? `${name} ${from}` : name
  }

  #wrong(counts: Map<string, Count>, key: string, tries: number): void {
    const { wait, longest_wait } = this.#limits
    const now = this.#clock.mono()
    const known = counts.get(key)
    const fresh = known === undefined || now - Math.max(known.at, known.until) > longest_wait
    const wrong = fresh ? 1 : known.wrong + 1
    const over = wrong - tries
    const until = over < 0 ? 0 : now + Math.min(longest_wait, wait * 2 ** Math.min(over, 30))
    remember(counts, key, { wrong, at: now, until })
  }
}

/** Keeps the latest; the one that was touched longest ago goes. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= REMEMBERED) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}
