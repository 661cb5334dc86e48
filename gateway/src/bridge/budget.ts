/**
 * How much may be sent: bytes a second, as MQTT encodes them, and bytes in one contact. A bucket of tokens that may go
 * into debt by one message, so that what is sent over any time is the rate times that time, whatever the messages' size.
 */
import type { Clock } from '@habtwin/runtime'

/** What is not used within this time is gone, ms: a link that was idle does not become a faster one. */
const SAVED = 250

export interface BudgetLimits {
  /** bit/s */
  readonly rate?: number | undefined
  /** Bytes in one contact. */
  readonly perContact?: number | undefined
}

export class Budget {
  readonly #clock: Clock
  /** Bytes a millisecond. */
  readonly #rate: number
  readonly #limits: BudgetLimits
  #tokens = 0
  #at: number
  #contact: number | undefined
  #used = 0

  constructor(clock: Clock, limits: BudgetLimits) {
    this.#clock = clock
    this.#limits = limits
    this.#rate = limits.rate === undefined ? Number.POSITIVE_INFINITY : limits.rate / 8_000
    this.#at = clock.mono()
  }

  /** Bytes that were sent in this contact. */
  get used(): number {
    return this.#used
  }

  /** Bytes that one message had better not be longer than, so that none waits long behind it. */
  get portion(): number {
    return this.#rate * 2 * SAVED
  }

  /**
   * How long to wait until something may be sent, ms: 0 is now, ∞ is not in this contact.
   * @param contact when this contact began; undefined where there are none
   */
  wait(contact: number | undefined): number {
    if (contact !== this.#contact) {
      this.#contact = contact
      this.#used = 0
    }
    if (this.#limits.perContact !== undefined && this.#used >= this.#limits.perContact) return Number.POSITIVE_INFINITY
    this.#fill()
    // to the microsecond: what is less is a rounding
    return Math.ceil((Math.max(0, -this.#tokens) / this.#rate) * 1_000) / 1_000
  }

  spend(bytes: number): void {
    this.#used += bytes
    this.#fill()
    if (Number.isFinite(this.#rate)) this.#tokens -= bytes
  }

  #fill(): void {
    const now = this.#clock.mono()
    if (Number.isFinite(this.#rate))
      this.#tokens = Math.min(this.#rate * SAVED, this.#tokens + (now - this.#at) * this.#rate)
    this.#at = now
  }
}

/** Bytes of a PUBLISH packet (MQTT 3.1.1, 3.3): fixed header, topic with its length, packet identifier, payload. */
export function publishBytes(topicBytes: number, payloadBytes: number, qos: 0 | 1): number {
  const remaining = 2 + topicBytes + (qos > 0 ? 2 : 0) + payloadBytes
  // 2.2.3: seven bits a byte
  const digits = remaining < 128 ? 1 : remaining < 16_384 ? 2 : remaining < 2_097_152 ? 3 : 4
  return 1 + digits + remaining
}
