/** A link that can be cut, delayed, stalled and broken: a proxy on a port of its own before a server. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { freePort } from './servers.ts'

/** Told of each connection. */
export interface Tap {
  /** Bytes were handed on. */
  passed(towards: 'far' | 'near', chunk: Buffer): void
  ended(): void
}

export class Cuttable implements AsyncDisposable {
  readonly port: number
  readonly #to: number
  readonly #sockets = new Set<Socket>()
  readonly #ways = new Set<Way>()
  #server: Server | undefined
  #frozen = false
  /** Bytes that went towards the server. */
  bytes = 0
  /** ms that each way takes, of what comes from now on; what came before is not overtaken. */
  delay = 0
  /** Makes what is told of a new connection. */
  tap: () => Tap = () => ({ passed: () => undefined, ended: () => undefined })

  private constructor(port: number, to: number) {
    this.port = port
    this.#to = to
  }

  static async start(to: number): Promise<Cuttable> {
    const link = new Cuttable(await freePort(), to)
    await link.mend()
    return link
  }

  /** Connections are taken, and nothing moves on them until it thaws. */
  get frozen(): boolean {
    return this.#frozen
  }

  set frozen(frozen: boolean) {
    this.#frozen = frozen
    for (const way of this.#ways) way.flow()
  }

  /** As by a digger: connections end, and none is taken. */
  async cut(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    this.break()
    if (server) await new Promise((resolve) => server.close(resolve))
  }

  /** Connections end, and what was on its way is lost; new ones are taken. */
  break(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async mend(): Promise<void> {
    if (this.#server) return
    const server = createServer((near) => {
      const far = connect(this.#to, '127.0.0.1')
      const tap = this.tap()
      let ended = false
      for (const [from, to, towards] of [
        [near, far, 'far'],
        [far, near, 'near'],
      ] as const) {
        const way = new Way(this, (chunk) => {
          if (!to.writable) return
          if (towards === 'far') this.bytes += chunk.length
          tap.passed(towards, chunk)
          to.write(chunk)
        })
        this.#sockets.add(from)
        this.#ways.add(way)
        from.setNoDelay(true)
        from.on('error', () => undefined)
        from.on('close', () => {
          this.#sockets.delete(from)
          this.#ways.delete(way)
          to.destroy()
          if (!ended) tap.ended()
          ended = true
        })
        from.on('data', (chunk: Buffer) => way.take(chunk))
      }
    })
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve))
    this.#server = server
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut()
  }
}

/** One direction of a connection: bytes come out in the order in which they went in. */
class Way {
  readonly #link: Pick<Cuttable, 'delay' | 'frozen'>
  readonly #out: (chunk: Buffer) => void
  #waiting: { readonly chunk: Buffer; readonly due: number }[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(link: Pick<Cuttable, 'delay' | 'frozen'>, out: (chunk: Buffer) => void) {
    this.#link = link
    this.#out = out
  }

  take(chunk: Buffer): void {
    if (this.#waiting.length === 0 && this.#link.delay === 0 && !this.#link.frozen) {
      this.#out(chunk)
      return
    }
    const due = Math.max(performance.now() + this.#link.delay, this.#waiting.at(-1)?.due ?? 0)
    this.#waiting.push({ chunk, due })
    this.flow()
  }

  /** Hands on what is due. */
  flow(): void {
    clearTimeout(this.#timer)
    if (this.#link.frozen) return
    const now = performance.now()
    let n = 0
    for (; n < this.#waiting.length && (this.#waiting[n]?.due ?? 0) <= now; n++) this.#out(this.#waiting[n]?.chunk as Buffer) // biome-ignore format: one thought
    this.#waiting = this.#waiting.slice(n)
    const next = this.#waiting[0]
    if (next) this.#timer = setTimeout(() => this.flow(), Math.ceil(next.due - now))
  }
}
