/**
 * QoS 2 messages of clients, from their PUBLISH to their PUBREL (MQTT 3.1.1, 4.3.3). So many of one client at most: who
 * sends no PUBREL would have them kept for ever.
 */
import type { Packet } from './queue.ts'

export class Incoming {
  readonly #most: number
  /** Undefined where the message is being taken. */
  readonly #byClient = new Map<string, Map<number, Packet | undefined>>()

  /** @param most of one client */
  constructor(most: number) {
    this.#most = most
  }

  /**
   * Takes the place of a message before anything is done with it: of those that come together each finds the others.
   * @returns false where there is none; a repetition has its place already
   */
  reserve(client: string, id: number): boolean {
    const own = this.#byClient.get(client)
    if (own?.has(id)) return true
    if ((own?.size ?? 0) >= this.#most) return false
    this.#of(client).set(id, undefined)
    return true
  }

  /** Gives a place back that came to nothing. */
  release(client: string, id: number): void {
    if (this.get(client, id) === undefined) this.delete(client, id)
  }

  store(client: string, id: number, packet: Packet): void {
    this.#of(client).set(id, packet)
  }

  get(client: string, id: number): Packet | undefined {
    return this.#byClient.get(client)?.get(id)
  }

  /** Where there is none that is nothing: a PUBREL may come twice. */
  delete(client: string, id: number): void {
    const own = this.#byClient.get(client)
    own?.delete(id)
    if (own?.size === 0) this.#byClient.delete(client)
  }

  clear(client: string): void {
    this.#byClient.delete(client)
  }

  #of(client: string): Map<number, Packet | undefined> {
    const own = this.#byClient.get(client) ?? new Map<number, Packet | undefined>()
    this.#byClient.set(client, own)
    return own
  }
}
