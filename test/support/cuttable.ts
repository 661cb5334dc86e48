/** A link that can be cut: a proxy on a port of its own before a server. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { freePort } from './servers.ts'

export class Cuttable implements AsyncDisposable {
  readonly port: number
  readonly #to: number
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  /** Bytes that went towards the server. */
  bytes = 0
  /** ms that each way takes. */
  delay = 0
  /** Connections are taken, and nothing moves on them. */
  frozen = false

  private constructor(port: number, to: number) {
    this.port = port
    this.#to = to
  }

  static async start(to: number): Promise<Cuttable> {
    const link = new Cuttable(await freePort(), to)
    await link.mend()
    return link
  }

  /** As by a digger: connections end, and none is taken. */
  async cut(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    for (const socket of this.#sockets) socket.destroy()
    if (server) await new Promise((resolve) => server.close(resolve))
  }

  async mend(): Promise<void> {
    if (this.#server) return
    const server = createServer((near) => {
      const far = connect(this.#to, '127.0.0.1')
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        // biome-ignore format: two ways
        this.#sockets.add(from)
        from.on('error', () => undefined)
        from.on('close', () => {
          this.#sockets.delete(from)
          to.destroy()
        })
        from.on('data', (chunk: Buffer) => {
          if (this.frozen) return
          if (from === near) this.bytes += chunk.length
          if (this.delay === 0) to.write(chunk)
          else setTimeout(() => to.writable && to.write(chunk), this.delay)
        })
      }
    })
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve))
    this.#server = server
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut()
  }
}
