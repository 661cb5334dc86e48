/** The scenario page follows a job over a way that fails: however it does, how the job ended is heard. */
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { HttpServer } from '@habtwin/sim-core/http/server'
import { habitat } from '@habtwin/sim-core/http/support'
import { jobFolder, habitat as smallHabitat, TestJobs } from '@habtwin/sim-core/jobs/support'
import { until } from './support/until.ts'

/** A way to a server. What goes over it is told by its events: `stream` for each stream of events that is asked for. */
class Way extends EventEmitter implements AsyncDisposable {
  /** How streams of events fare: they go through; are held up at the beginning; nothing goes through at all. */
  is: 'open' | 'held' | 'closed' = 'open'
  readonly #server = createServer((socket) => this.#takes(socket))
  readonly #port: number
  readonly #sockets = new Set<Socket>()
  readonly #streams = new Map<Socket, Socket>()

  private constructor(port: number) {
    super()
    this.#port = port
  }

  static async to(port: number): Promise<Way> {
    const way = new Way(port)
    await once(way.#server.listen(0, '127.0.0.1'), 'listening')
    return way
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  /** Ends all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Streams stay open, and nothing comes by them any more. */
  mute(): void {
    for (const [page, sim] of this.#streams) sim.unpipe(page)
  }

  #takes(page: Socket): void {
    if (this.is === 'closed') return void page.destroy()
    const sim = connect(this.#port, '127.0.0.1')
    for (const [socket, other] of [
      [page, sim],
      [sim, page],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => undefined) // it closes
      socket.on('close', () => {
        this.#sockets.delete(socket)
        this.#streams.delete(socket)
        other.destroy()
      })
    }
    sim.pipe(page)
    page.on('data', (bytes) => {
      const isStream = /^GET \S+\/events /.test(bytes.toString('latin1'))
      if (isStream) this.#streams.set(page, sim)
      if (isStream && this.is === 'held') this.once('go', () => sim.write(bytes))
      else sim.write(bytes)
      if (isStream) this.emit('stream')
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** The page's part. */
class Page implements AsyncDisposable {
  readonly heard: string[] = []
  readonly #worker: Worker

  constructor(url: string, id: string) {
    this.#worker = new Worker(new URL('support/follow.worker.ts', import.meta.url), {
      workerData: { url, id },
      execArgv: ['--experimental-eventsource', '--disable-warning=UNDICI-ES'],
    })
    this.#worker.on('message', (said: unknown[]) => this.heard.push(said.join(' ')))
  }

  /** Moves the page's time, a second at a time, until it hears something that it has not heard before a moment. */
  async hears(what: string, from = 0): Promise<void> {
    await until(() => {
      this.#worker.postMessage(1_000)
      return this.heard.includes(what, from)
    }, `it hears ${what}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }
}

/** A job that does not end by itself, and a page that follows it. */
class Followed implements AsyncDisposable {
  readonly made: TestJobs
  readonly way: Way
  readonly id: string
  readonly page: Page
  readonly #stack: AsyncDisposableStack

  private constructor(made: TestJobs, way: Way, id: string, page: Page, stack: AsyncDisposableStack) {
    this.made = made
    this.way = way
    this.id = id
    this.page = page
    this.#stack = stack
  }

  static async begin(is: Way['is'] = 'open'): Promise<Followed> {
    await using stack = new AsyncDisposableStack()
    const made = stack.use(new TestJobs(stack.use(jobFolder())))
    const http = stack.use(await HttpServer.start(stack.use(habitat({ jobs: made.jobs })).options))
    const way = stack.use(await Way.to(http.port))
    way.is = is
    const request = { scenario: smallHabitat(), steps: 50_000_000, every: 1_000 }
    const { job } = await made.jobs.submit(request, 'local')
    await made.until(job.id, ({ state }) => state === 'running')
    const asked = once(way, 'stream')
    const page = stack.use(new Page(way.url, job.id))
    await asked
    return new Followed(made, way, job.id, page, stack.move())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}

test('a job that ends while its events are being asked for is heard to have ended', async () => {
  await using followed = await Followed.begin('held')
  const { made, way, id, page } = followed
  await made.jobs.cancel(id)
  way.emit('go')
  await page.hears('job cancelled')
  assert.equal(page.heard.filter((said) => said === 'job cancelled').length, 1)
})

test('a stream that is cut is taken up again, and what came to pass meanwhile is heard', async () => {
  await using followed = await Followed.begin()
  const { made, way, id, page } = followed
  await page.hears('progress')
  way.is = 'closed'
  way.cut()
  await page.hears('away true')
  const from = page.heard.length
  way.is = 'open'
  await page.hears('away false', from)
  await page.hears('progress', from)
  way.is = 'closed'
  way.cut()
  await made.jobs.cancel(id)
  way.is = 'open'
  await page.hears('job cancelled')
})

test('a stream by which nothing comes any more, though it is open, is not waited for', async () => {
  await using followed = await Followed.begin()
  const { made, way, id, page } = followed
  await page.hears('progress')
  way.mute()
  await made.jobs.cancel(id)
  await page.hears('job cancelled')
})

test('a job that is deleted is gone, also while nobody could tell', async () => {
  await using followed = await Followed.begin('held')
  const { made, way, id, page } = followed
  await made.jobs.remove(id)
  way.emit('go')
  await page.hears('gone')
})
