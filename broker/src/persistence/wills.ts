/** Last wills: of those who are there, and of those whose connections the end of an earlier process has cut. */
import { fromJson, passedOn, toJson } from '../properties.ts'
import { asBuffer } from './messages.ts'
import type { Packet } from './queue.ts'
import type { WillRecord } from './records.ts'
import type { Notes } from './sessions.ts'

export type Will = Packet & { clientId?: string }

export interface WillsParts {
  readonly journal: Notes | undefined
  /** The last will of whoever is there under this name now. */
  readonly living: ((client: string) => unknown) | undefined
}

export class Wills {
  readonly #journal: Notes | undefined
  readonly #living: WillsParts['living']
  readonly #wills = new Map<string, Will>()

  constructor({ journal, living }: WillsParts) {
    this.#journal = journal
    this.#living = living
  }

  get(client: string): Will | undefined {
    return this.#wills.get(client)
  }

  values(): Iterable<Will> {
    return this.#wills.values()
  }

  names(): string[] {
    return [...this.#wills.keys()]
  }

  /** @param durable whether it must outlive the process: resolves once it does. Throws data/unusable */
  async put(client: string, will: Will, durable: boolean): Promise<void> {
    this.#wills.set(client, will)
    if (durable) await this.#journal?.commit(this.#journal.append(recordOf(client, will)))
  }

  delete(client: string): Will | undefined {
    const will = this.#wills.get(client)
    // one that was put out by its own other connection does not take that one's will along
    if (will === undefined || this.#living?.(client) === will) return undefined
    this.#wills.delete(client)
    this.#journal?.append({ kind: 'will', client })
    return will
  }

  /** Takes what an earlier process has written down. */
  replay({ client, will }: WillRecord): void {
    if (will === undefined) this.#wills.delete(client)
    else this.#wills.set(client, restored(client, will))
  }

  /** All others are gone. */
  keepOnly(clients: ReadonlySet<string>): void {
    for (const client of this.names()) if (!clients.has(client)) this.#wills.delete(client)
  }

  records(): WillRecord[] {
    return [...this.#wills].map(([client, will]) => recordOf(client, will))
  }
}

function recordOf(client: string, { topic, payload, qos, retain, properties }: Will): WillRecord {
  const more = properties === undefined ? {} : { properties: toJson(passedOn(properties)) }
  return { kind: 'will', client, will: { topic, payload: asBuffer(payload).toString('base64'), qos, retain, ...more } }
}

function restored(client: string, { payload, properties, ...will }: NonNullable<WillRecord['will']>): Will {
  const is = { cmd: 'publish', brokerId: 'earlier', brokerCounter: 0, dup: false, clientId: client }
  const more = properties === undefined ? {} : { properties: fromJson(properties) }
  return { ...is, ...will, payload: Buffer.from(payload, 'base64'), ...more }
}
