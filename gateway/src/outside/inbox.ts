/**
 * What outside devices publish, on its way into the journal:
 *
 *   in/{device} ─► device of driver `outside` ─► conditioning ─► journal ─► disk ─► PUBACK
 *
 * A device is told "taken" when its reading is on the disk or with everyone who was to have it. Many that come within
 * a few milliseconds are written together.
 */
import { HabtwinError, isHabtwinError, messageOf } from '@habtwin/contract'
import type { Clock, Timer } from '@habtwin/runtime/clock'
import type { DeviceInbox, OutsideMessage } from '../drivers/driver.ts'

/** ms that the first of a group waits for others. */
const GROUP = 10

/** The least of the journal that is needed. */
export interface InboxJournal {
  /** The number of the next entry. */
  readonly next: number
  /** Writes what lies between two numbers; false where the disk did not take it. */
  secure(from: number, to: number): boolean
}

export interface InboxParts {
  readonly clock: Clock
  readonly journal: () => InboxJournal
  /** Told of what could not be used. */
  readonly report: (error: HabtwinError) => void
}

interface Waiting {
  /** The number of its entry. */
  readonly from: number
  readonly resolve: () => void
  readonly reject: (error: HabtwinError) => void
}

export class Inbox implements DeviceInbox {
  readonly #at: InboxParts
  readonly #devices = new Map<string, (message: OutsideMessage) => void>()
  #waiting: Waiting[] = []
  #timer: Timer | undefined
  readonly counts = { taken: 0, unusable: 0, unknown: 0, refused: 0 }

  constructor(parts: InboxParts) {
    this.#at = parts
  }

  open(device: string, take: (message: OutsideMessage) => void): Disposable {
    this.#devices.set(device, take)
    return {
      [Symbol.dispose]: () => {
        if (this.#devices.get(device) === take) this.#devices.delete(device)
      },
    }
  }

  /** As a broker asks. @param root what the topics of outside devices begin with */
  at(root: string): (topic: string, payload: Buffer) => Promise<void> | undefined {
    return (topic, payload) => (topic.startsWith(root) ? this.take(topic.slice(root.length), payload) : undefined)
  }

  /**
   * Takes what was published on `in/…`.
   * @param path below `in/`: the device, or the device and a point
   * @returns resolves when it is kept. What cannot be read is told and counted, and resolves as well: it would not get
   *   better by being sent again
   * Throws request/not-found for a device that is not configured, data/unusable where it could not be kept; by its
   * promise.
   */
  async take(path: string, payload: Buffer): Promise<void> {
    const [device = '', point] = path.split('/', 2)
    const deliver = this.#devices.get(device)
    if (deliver === undefined) {
      this.counts.unknown++
      const message = `there is no device ${device} of driver outside`
      throw new HabtwinError('request/not-found', message, { where: `devices.${device}` })
    }
    const before = this.#at.journal().next
    try {
      deliver({ point, text: payload.toString() })
    } catch (error) {
      if (!isHabtwinError(error)) throw error
      this.counts.unusable++
      this.#at.report(error)
      return
    }
    this.counts.taken++
    if (this.#at.journal().next > before) await this.#kept(before)
  }

  /** @param from the number of its entry */
  #kept(from: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ from, resolve, reject })
      this.#timer ??= this.#at.clock.after(GROUP, () => this.#write())
    })
  }

  #write(): void {
    this.#timer = undefined
    const waiting = this.#waiting
    this.#waiting = []
    const journal = this.#at.journal()
    let failure: HabtwinError | undefined
    try {
      if (!journal.secure(waiting[0]?.from ?? journal.next, journal.next - 1))
        failure = unkept('the disk did not take it')
    } catch (error) {
      failure = unkept(messageOf(error))
    }
    if (failure !== undefined) this.counts.refused += waiting.length
    for (const { resolve, reject } of waiting) {
      if (failure === undefined) resolve()
      else reject(failure)
    }
  }
}

function unkept(why: string): HabtwinError {
  return new HabtwinError('data/unusable', `a reading of an outside device could not be kept: ${why}`)
}
