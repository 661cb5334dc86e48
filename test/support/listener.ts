/** Somebody who listens along over MQTT, as any client of the habitat would. */
import { randomBytes } from 'node:crypto'
import { Link } from '@habtwin/runtime/mqtt'
import { until } from './until.ts'

export interface Heard {
  readonly topic: string
  readonly payload: string
  /** When, ms since the epoch. */
  readonly at: number
}

export class Listener implements AsyncDisposable {
  readonly heard: Heard[] = []
  readonly link: Link

  /** @param to `url` of a listener, with a login where it asks for one, or the path of a Unix socket */
  constructor(to: { url: string; username?: string; password?: string } | { socketPath: string }, filter: string) {
    this.link = new Link({ ...to, clientId: `test-${randomBytes(6).toString('hex')}`, retry: { first: 50, cap: 200 } })
    this.link.subscribe(filter, (topic, payload) => {
      this.heard.push({ topic, payload: payload.toString(), at: Date.now() })
    })
    this.link.start()
  }

  /** Waits for a message that fits, of those that came from now on or have come since `from`. */
  async hears(fits: (heard: Heard) => boolean, what: string, from = this.heard.length): Promise<Heard> {
    let found: Heard | undefined
    await until(() => {
      found = this.heard.slice(from).find(fits)
      return found !== undefined
    }, what)
    return found as Heard
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.link[Symbol.asyncDispose]()
  }
}
