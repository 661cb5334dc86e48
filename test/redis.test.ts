/** Jobs that workers execute, found through a real Redis: whoever is killed or away, nothing is lost, nothing twice. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { HabtwinError, isHabtwinError, type JobRequest } from '@habtwin/contract'
import { prefixOf, queuedAs, queueOf } from '@habtwin/sim-core/jobs/redis/address'
import { Exchange } from '@habtwin/sim-core/jobs/redis/exchange'
import type { JobInput, Save, Sink } from '@habtwin/sim-core/jobs/runner'
import { habitat, jobFolder, TestJobs } from '@habtwin/sim-core/jobs/support'
import { Redis } from 'ioredis'
import { version } from '../cli/src/version.ts'
import { Client } from './support/jobs.ts'
import { Line, steadyPorts } from './support/line.ts'
import { missing, startRedis } from './support/servers.ts'
import { until } from './support/until.ts'
import { HABITAT, RemoteJobs, WorkerProcess } from './support/workers.ts'

const scenario = habitat()
/** Some seconds of work. */
const long: JobRequest = { scenario, steps: 300_000, every: 4 }
/** Not done before it is cancelled. */
const endless: JobRequest = { scenario, steps: 50_000_000, every: 1_000 }
/** What a queue has, however many jobs went through it, and who is there. */
const fixed = /:(jobs-[^:]+:(meta|events|id|marker|stalled|stalled-check)|sims|workers)$/

/** Nobody listens. */
const sink: Sink = { started: () => {}, progress: () => {}, save: async () => {} }
const never = new AbortController().signal

/** The rows that threads of sim give. */
const local = new Map<string, Promise<string>>()
function byThreads(request: JobRequest): Promise<string> {
  const key = JSON.stringify(request)
  const known = local.get(key) ?? run()
  local.set(key, known)
  return known

  async function run() {
    using folder = jobFolder()
    await using made = new TestJobs(folder)
    const { job } = await made.jobs.submit(request, 'local')
    await made.ended(job.id)
    return await made.results(job.id, request.ensemble ? 'json' : 'csv')
  }
}

async function begin(sim: RemoteJobs, request: JobRequest): Promise<string> {
  return (await sim.made.jobs.submit(request, 'local')).job.id
}

/** Waits for a job, whose rows must be those that threads of sim give. */
async function endsWhole(sim: RemoteJobs, id: string, request: JobRequest): Promise<void> {
  const { state, error } = await sim.made.ended(id)
  assert.equal(state, 'done', error?.detail)
  const [there, here] = [await sim.made.results(id, request.ensemble ? 'json' : 'csv'), await byThreads(request)]
  if (there !== here) assert.fail(difference(there.split('\n'), here.split('\n')))
}

/** Where two tables of many rows begin to differ. */
function difference(there: readonly string[], here: readonly string[]): string {
  const at = here.findIndex((line, i) => line !== there[i])
  return `${there.length} rows instead of ${here.length}; row ${at} is ${there[at]?.slice(0, 80)} instead of ${here[at]?.slice(0, 80)}`
}

async function nothingLeft(url: string): Promise<void> {
  using redis = client(url)
  let left: string[] = []
  await until(async () => {
    left = (await redis.connection.keys('*')).filter((key) => !fixed.test(key))
    return left.length === 0
  }, 'Redis is as it was').catch((error: Error) => assert.fail(`${error.message}: ${left}`))
}

function client(url: string): Disposable & { connection: Redis } {
  const connection = new Redis(url)
  return { connection, [Symbol.dispose]: () => connection.disconnect() }
}

/** How often a worker took up a job, and after which of its saves. */
function taken(worker: WorkerProcess, id?: string): number[] {
  return told(worker, 'a job was taken up', id).map(({ after = 0 }) => after)
}

/**
 * Ends workers, so that all that they have logged is there, and looks whether any of the jobs was taken up more than
 * once, though its worker lived. One that stands still for long, as on a machine with too much to do, loses its lock:
 * the job is taken up once more then, and nothing is wrong with that.
 */
async function takenOnce(workers: readonly WorkerProcess[], ids: readonly string[]): Promise<void> {
  for (const worker of workers) await worker.kill('SIGTERM')
  for (const id of ids) {
    const times = workers.reduce((sum, worker) => sum + taken(worker, id).length, 0)
    const freed = workers.reduce((sum, worker) => sum + told(worker, 'it is free for others', id).length, 0)
    assert.ok(times > 0 && times <= 1 + freed, `${id} was taken up ${times} times, of which ${freed} locks were over`)
  }
}

/** What a worker has logged of jobs. */
function told(worker: WorkerProcess, what: string, id?: string): { job: string; after?: number }[] {
  const lines = worker.log.split('\n').filter((line) => line.includes(what))
  const all = lines.map((line) => JSON.parse(line) as { job: string; after?: number })
  return id === undefined ? all : all.filter(({ job }) => job === id)
}

/** Two workers, and which of them a job of some seconds has come to. */
class Pair implements AsyncDisposable {
  readonly #workers: readonly [WorkerProcess, WorkerProcess]
  readonly #sim: RemoteJobs

  constructor(sim: RemoteJobs, url: string) {
    this.#sim = sim
    this.#workers = [new WorkerProcess(url), new WorkerProcess(url)]
  }

  async begin(): Promise<{ id: string; busy: WorkerProcess; idle: WorkerProcess }> {
    await this.#sim.slots(2)
    const id = await begin(this.#sim, long)
    await this.#sim.made.until(id, ({ rows }) => rows > 10_000)
    const [one, two] = this.#workers
    await until(() => taken(one, id).length + taken(two, id).length > 0, 'it says so')
    const [busy, idle] = taken(one, id).length > 0 ? [one, two] : [two, one]
    return { id, busy, idle }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.#workers) await worker[Symbol.asyncDispose]()
  }
}

describe('jobs over Redis', { skip: missing('redis-server') }, async () => {
  after(() => local.clear())

  test('two workers share twenty jobs and ensembles; nothing is left of them in Redis', async () => {
    await using redis = await startRedis()
    using folder = jobFolder()
    await using sim = new RemoteJobs(folder, redis.url)
    await using one = new WorkerProcess(redis.url)
    await using two = new WorkerProcess(redis.url, ['--concurrency', '2'])
    await sim.slots(3)
    // as many as there are slots, none of which ends by itself: each worker has its share
    const held = [await begin(sim, endless), await begin(sim, endless), await begin(sim, endless)]
    for (const id of held) await sim.made.until(id, ({ rows }) => rows > 0)
    for (const id of held) await sim.made.jobs.cancel(id)
    const requests: JobRequest[] = Array.from({ length: 17 }, (_, seed) => ({
      scenario,
      seed,
      steps: 20_000,
      every: 5,
    }))
    const ensemble: JobRequest = { scenario, steps: 500, ensemble: { seeds: 40, sweep: [] } }
    const sweep = [{ agent: 'ann', what: 'amount' as const, values: [1, 2, 3] }]
    requests.push(ensemble, { scenario, steps: 300, ensemble: { seeds: 5, sweep } }, { scenario, steps: 1 })
    const ids = await Promise.all(requests.map((request) => begin(sim, request)))
    for (const [i, id] of ids.entries()) await endsWhole(sim, id, requests[i] as JobRequest)
    await nothingLeft(redis.url)
    using direct = client(redis.url)
    const before = await direct.connection.dbsize()
    await sim.made.ended(await begin(sim, { scenario, steps: 100 }))
    await until(async () => (await direct.connection.dbsize()) === before, 'as many keys as before')
    await takenOnce([one, two], [...held, ...ids])
    assert.ok(taken(one).length > 0 && taken(two).length > 1, 'both had their share')
  })

  test('a job whose worker is killed is gone on with by another from where it was saved', async () => {
    await using redis = await startRedis()
    using folder = jobFolder()
    await using sim = new RemoteJobs(folder, redis.url)
    await using pair = new Pair(sim, redis.url)
    const { id, busy, idle } = await pair.begin()
    await busy.kill()
    await endsWhole(sim, id, long)
    await idle.kill('SIGTERM') // all that it logged is there then
    const [from = 0] = taken(idle, id)
    assert.ok(from >= 2, `it went on after save ${from}`)
    await nothingLeft(redis.url)
  })

  test('a worker that is asked to end gives its job back at once', async () => {
    await using redis = await startRedis()
    using folder = jobFolder()
    await using sim = new RemoteJobs(folder, redis.url)
    await using pair = new Pair(sim, redis.url)
    using direct = client(redis.url)
    const { id, busy, idle } = await pair.begin()
    const lock = () => direct.connection.get(`${prefixOf(HABITAT)}:${queueOf(version)}:${queuedAs(id)}:lock`)
    const own = await lock()
    assert.ok(own)
    await busy.kill('SIGTERM')
    assert.notEqual(await lock(), own, 'nobody has to wait until its lock is over')
    await endsWhole(sim, id, long)
    await idle.kill('SIGTERM')
    assert.ok(taken(idle, id).length > 0, 'the other took it')
  })

  test('a worker that stood still finds its job taken, and adds nothing to it', async () => {
    await using redis = await startRedis()
    using folder = jobFolder()
    await using sim = new RemoteJobs(folder, redis.url)
    await using pair = new Pair(sim, redis.url)
    const { id, busy, idle } = await pair.begin()
    busy.signal('SIGSTOP')
    await until(() => taken(idle, id).length > 0, 'the other takes it')
    busy.signal('SIGCONT')
    await endsWhole(sim, id, long)
    await until(() => busy.log.includes('gone on with elsewhere'), 'the first has noticed')
    await nothingLeft(redis.url)
  })

  for (const durable of [true, false]) {
    test(`Redis is killed while jobs run, and comes back ${durable ? 'with' : 'without'} its data`, async () => {
      await using redis = await startRedis({ durable })
      using folder = jobFolder()
      await using sim = new RemoteJobs(folder, redis.url)
      await using _worker = new WorkerProcess(redis.url, ['--concurrency', '2'])
      await sim.slots(2)
      const ids = [await begin(sim, long), await begin(sim, long), await begin(sim, long)]
      await sim.made.until(ids[0] as string, ({ rows }) => rows > 5_000)
      await redis.kill()
      await until(() => !sim.runner.status.up, 'sim has noticed')
      assert.equal(sim.runner.slots, 0)
      const late = await begin(sim, { scenario, steps: 1_000 })
      assert.equal(sim.made.jobs.get(late).state, 'queued')
      await redis.start()
      for (const id of ids) await endsWhole(sim, id, long)
      await endsWhole(sim, late, { scenario, steps: 1_000 })
      await nothingLeft(redis.url)
    })
  }

  test('sim is killed while a job runs: what has come meanwhile is taken, once', async () => {
    await using redis = await startRedis()
    using folder = jobFolder()
    const jobs = `jobs: { library: ${folder.library}, redis: { url: '${redis.url}' } }`
    await using line = new Line(folder.path, `${await steadyPorts()}habitat: { id: ${HABITAT} }\n${jobs}\n`)
    const http = new Client((await line.ready).panel)
    await using worker = new WorkerProcess(redis.url)
    await worker.ready
    const id = await http.submit(long)
    let rows = 0
    for (let times = 0; times < 3; times++) {
      await http.until(id, 'some rows', (job) => job.rows > rows || job.state === 'done')
      rows = (await http.job(id))?.rows ?? 0
      line.kill('sim')
      await until(async () => (await http.job(id)) === undefined, 'sim is gone')
      await http.until(id, 'sim is back', () => true)
    }
    await http.until(id, 'it is done', ({ state }) => state === 'done')
    assert.ok((await http.csv(id)) === (await byThreads(long)), 'same rows')
    await nothingLeft(redis.url)
    await takenOnce([worker], [id])
  })

  test('an end that could not be written down is not worked out again, but taken once more', async () => {
    await using redis = await startRedis()
    using folder = jobFolder()
    await using sim = new RemoteJobs(folder, redis.url)
    await using worker = new WorkerProcess(redis.url)
    await sim.slots(1)
    const { table } = sim.made
    let refused = 0
    const ended = table.ended.bind(table)
    table.ended = (...said) => {
      if (refused++ === 0) throw new HabtwinError('data/unusable', 'no space left on device')
      ended(...said)
    }
    const request = { scenario, steps: 1_000 }
    const id = await begin(sim, request)
    await endsWhole(sim, id, request)
    assert.equal(refused, 2)
    await nothingLeft(redis.url)
    await takenOnce([worker], [id])
  })

  test('a job is cancelled with what there is of it, or deleted; the worker is free, and nothing is left', async () => {
    await using redis = await startRedis()
    using folder = jobFolder()
    await using sim = new RemoteJobs(folder, redis.url)
    await using _worker = new WorkerProcess(redis.url)
    await sim.slots(1)
    const [first, second] = [await begin(sim, endless), await begin(sim, endless)]
    await sim.made.until(first, ({ rows }) => rows > 100)
    const { job, cancelled } = await sim.made.jobs.cancel(first)
    assert.ok(cancelled)
    assert.equal(job.state, 'cancelled')
    assert.equal(job.summary?.steps, job.step)
    const whole = await byThreads({ ...endless, steps: job.step })
    assert.ok(whole.startsWith(await sim.made.results(first, 'csv')), 'same rows')
    await sim.made.until(second, ({ rows }) => rows > 100)
    await sim.made.jobs.remove(second)
    await endsWhole(sim, await begin(sim, { scenario, steps: 1_000 }), { scenario, steps: 1_000 })
    await nothingLeft(redis.url)
  })

  test('a job is cancelled while its worker is dead, and while Redis is', async () => {
    await using redis = await startRedis({ durable: true })
    using folder = jobFolder()
    await using sim = new RemoteJobs(folder, redis.url)
    await using worker = new WorkerProcess(redis.url, ['--concurrency', '2'])
    await sim.slots(2)
    const [first, second] = [await begin(sim, endless), await begin(sim, endless)]
    for (const id of [first, second]) await sim.made.until(id, ({ rows }) => rows > 100)
    await worker.kill()
    assert.equal((await sim.made.jobs.cancel(first)).job.state, 'cancelled')
    await redis.kill()
    await until(() => !sim.runner.status.up, 'sim has noticed')
    assert.equal((await sim.made.jobs.cancel(second)).job.state, 'cancelled')
    await redis.start()
    await nothingLeft(redis.url)
  })

  test('a worker of another version gets no jobs, and both sides say so', async () => {
    await using redis = await startRedis()
    using folder = jobFolder()
    await using sim = new RemoteJobs(folder, redis.url, { version: '0.0.1' })
    await until(() => sim.runner.status.up, 'connected')
    await using worker = new WorkerProcess(redis.url)
    await worker.ready
    await until(() => worker.log.includes('another version'), 'the worker says so')
    await until(() => sim.runner.status.strangers === 1, 'sim counts it')
    assert.equal(sim.runner.slots, 0)
    assert.equal(sim.made.jobs.get(await begin(sim, long)).state, 'queued')
  })

  test('a job that cannot be run fails and is not tried again; one that ends its workers is given up', async () => {
    await using redis = await startRedis()
    using folder = jobFolder()
    await using sim = new RemoteJobs(folder, redis.url)
    await using worker = new WorkerProcess(redis.url)
    await sim.slots(1)
    const { input } = sim.made.table.take(await begin(sim, { scenario, steps: 1 }), version)
    const broken = { ...input, model: { ...input.model, agents: undefined as never } }
    const run = (id: string) => sim.runner.run({ id, input: broken, saved: undefined }, sink, never)
    await assert.rejects(run('1234567890123456'), /not iterable/)

    using direct = client(redis.url)
    const exchange = new Exchange(direct.connection, HABITAT)
    await exchange.create('deadly', sim.made.store.id, version, broken, undefined)
    for (let times = 0; times < 5; times++) await exchange.take('deadly')
    await assert.rejects(run('deadly'), (error) => isHabtwinError(error, 'job/crashed'))
    await nothingLeft(redis.url)
    await takenOnce([worker], ['1234567890123456'])
  })

  test('a password comes from the environment and is never logged; a wrong one is told, and waited with', async () => {
    await using redis = await startRedis({ password: 'open-sesame' })
    using folder = jobFolder()
    {
      await using sim = new RemoteJobs(folder, redis.url, { password: 'wrong-word' })
      await until(() => /WRONGPASS|invalid username-password/.test(sim.runner.status.reason), 'the reason')
      assert.equal(sim.runner.status.up, false)
    }
    await using sim = new RemoteJobs(folder, redis.url, { password: 'open-sesame' })
    await using worker = new WorkerProcess(redis.url, [], { HABTWIN_JOBS__REDIS__PASSWORD: 'open-sesame' })
    await sim.slots(1)
    await endsWhole(sim, await begin(sim, { scenario, steps: 1_000 }), { scenario, steps: 1_000 })
    assert.doesNotMatch(worker.log, /sesame/)
  })
})

describe('what is said through Redis', { skip: missing('redis-server') }, () => {
  const input = {} as JobInput
  const save = (step: number): Save => ({ pieces: [], state: new TextEncoder().encode(`state ${step}`), step })

  test('what is delivered twice is there once, and what an earlier worker says is refused', async () => {
    await using redis = await startRedis()
    using direct = client(redis.url)
    const exchange = new Exchange(direct.connection, HABITAT)
    await exchange.create('a', 'store', '1', input, undefined)
    const one = await exchange.take('a')
    assert.ok(one)
    for (let times = 0; times < 2; times++) assert.ok(await exchange.append('a', one, 1, save(1)))
    const two = await exchange.take('a')
    assert.ok(two)
    assert.equal(two.seq, 1)
    assert.equal(Buffer.from(two.saved ?? []).toString(), 'state 1')
    assert.equal(await exchange.append('a', one, 2, save(2)), undefined)
    assert.equal(await exchange.append('a', two, 3, save(3)), undefined, 'one is missing before it')
    assert.ok(await exchange.append('a', two, 2, save(2)))
    const first = await exchange.poll('a', '1', undefined)
    assert.deepEqual(first?.news, { seq: 1, save: save(1) })
  })

  test('what sim committed before it could say so is not given to it again', async () => {
    await using redis = await startRedis()
    using direct = client(redis.url)
    const exchange = new Exchange(direct.connection, HABITAT)
    await exchange.create('a', 'store', '1', input, undefined)
    const turn = await exchange.take('a')
    assert.ok(turn)
    for (const step of [1, 2, 3]) await exchange.append('a', turn, step, save(step))
    assert.equal(await exchange.poll('a', '1', save(2).state), undefined, 'sim and Redis differ')
    assert.ok(await exchange.attach('a', '1', save(2).state))
    assert.deepEqual((await exchange.poll('a', '1', save(2).state))?.news, { seq: 3, save: save(3) })
    assert.equal(await exchange.attach('a', '1', save(7).state), false, 'Redis knows less than sim')
    assert.equal(await exchange.attach('a', '2', save(2).state), false, 'another version')
  })

  test('a save that brings no step more is committed like any other, and the next comes after it', async () => {
    await using redis = await startRedis()
    using direct = client(redis.url)
    const exchange = new Exchange(direct.connection, HABITAT)
    await exchange.create('a', 'store', '1', input, undefined)
    const one = await exchange.take('a')
    assert.ok(one)
    for (const seq of [1, 2]) assert.ok(await exchange.append('a', one, seq, save(1)))
    assert.ok(await exchange.append('a', one, 3, save(3)))
    await exchange.ack('a', 'store', 1, save(1).state)
    assert.equal((await exchange.poll('a', '1', save(1).state))?.news?.seq, 2)
    await exchange.ack('a', 'store', 2, save(1).state)
    assert.equal((await exchange.poll('a', '1', save(1).state))?.news?.seq, 3)
  })

  test('where Redis comes back with less than it had said, nothing is given to sim twice, and none is taken for another', async () => {
    await using redis = await startRedis()
    using direct = client(redis.url)
    const exchange = new Exchange(direct.connection, HABITAT)
    await exchange.create('a', 'store', '1', input, undefined)
    const before = await remembered(direct.connection)
    const one = await exchange.take('a')
    assert.ok(one)
    assert.ok(await exchange.append('a', one, 1, save(1)))
    await exchange.ack('a', 'store', 1, save(1).state)
    const later = await remembered(direct.connection)

    // sim has committed what Redis has forgotten when it says so; meanwhile another wrote other rows under that number
    assert.ok(await exchange.append('a', one, 2, save(2)))
    await later()
    const two = await exchange.take('a')
    assert.ok(two)
    assert.ok(await exchange.append('a', two, 2, save(3)))
    await exchange.ack('a', 'store', 2, save(2).state)
    assert.equal(await exchange.poll('a', '1', save(2).state), undefined, 'what is there goes on from another state')
    assert.equal(await exchange.attach('a', '1', save(2).state), false)
    assert.ok(await exchange.attach('a', '1', save(3).state))
    await exchange.ack('a', 'store', 2, save(3).state)
    assert.ok(await exchange.poll('a', '1', save(3).state), 'said again, it is as it was')

    // somebody has taken it up of whom Redis knows nothing any more: it is nobody who takes it up afterwards
    await before()
    const three = await exchange.take('a')
    assert.ok(three)
    assert.equal(await exchange.append('a', one, 1, save(1)), undefined)
    assert.ok(await exchange.append('a', three, 1, save(4)))
    assert.deepEqual((await exchange.poll('a', '1', undefined))?.news, { seq: 1, save: save(4) })
  })
})

/** @returns puts Redis back to what it holds now */
async function remembered(redis: Redis): Promise<() => Promise<void>> {
  const held = await Promise.all((await redis.keys('*')).map(async (key) => ({ key, is: await redis.dumpBuffer(key) })))
  return async () => {
    await redis.flushall()
    for (const { key, is } of held) if (is !== null) await redis.restore(key, 0, is)
  }
}
