import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isHabtwinError } from '@habtwin/contract'
import { isLoopback, mayEnter } from '@habtwin/runtime/origin'
import type { InjectOptions } from 'fastify'
import type { History } from '../store/types.ts'
import { problem } from './problem.ts'
import { about } from './routes/about.ts'
import { PATIENCE } from './routes/commands.ts'
import { buildApp, type HttpOptions, HttpServer } from './server.ts'
import { air, alert, type Habitat, habitat, NOW } from './support.ts'

const HOUR = 3_600_000

/** Asks one thing of a habitat. */
async function ask(request: string | InjectOptions, change: Partial<HttpOptions> = {}, given?: Habitat) {
  using stack = new DisposableStack()
  const made = given ?? stack.use(habitat(change))
  const app = await buildApp(made.options)
  const headers = { host: '127.0.0.1:8080' }
  const full = typeof request === 'string' ? { url: request } : request
  const answer = await app.inject({ ...full, headers: { ...headers, ...full.headers } })
  await app.close()
  return { answer, asked: made.asked, body: () => answer.json() }
}

function isProblem(answer: { statusCode: number; headers: object; json: () => unknown }, status: number, code: string) {
  assert.equal(answer.statusCode, status)
  assert.match(String((answer.headers as Record<string, unknown>)['content-type']), /^application\/problem\+json/)
  const body = problem.parse(answer.json())
  assert.deepEqual([body.code, body.status, body.type], [code, status, `urn:habtwin:error:${code}`])
  assert.ok(body.title !== '' && body.remedy !== '')
  return body
}

test('the habitat says what it is', async () => {
  const { body } = await ask('/api/about')
  assert.equal(about.parse(body()).habitat.id, 'demo')
})

test('devices come with their health and last reading, and with how much of what they said is stored', async () => {
  const devices = await ask('/api/devices')
  assert.deepEqual(devices.body(), [{ ...air, health: { state: 'ok', t: NOW }, last: null }])
  const counts = await ask('/api/completeness')
  assert.deepEqual(counts.body(), [
    { device: 'air', taken: 10, stored: 9, gaps: [{ from: NOW, to: NOW, count: 1, reason: 'lost' }] },
  ])
})

test('the twin tells how good it was; of what it has not said yet there is nothing', async () => {
  assert.deepEqual((await ask('/api/twin/score')).body(), { t: NOW, scores: [] })
  isProblem((await ask('/api/twin/model')).answer, 404, 'request/not-found')
})

test('what if is asked by whoever may look; without a model of the habitat it says so', async () => {
  const whatif = async (payload: object, headers: Record<string, string> = {}) =>
    (await ask({ method: 'POST', url: '/api/twin/whatif', payload, headers })).answer
  isProblem(await whatif({ changes: [{ what: 'crew', zone: 'crew', add: 2 }] }), 409, 'twin/no-model')
  isProblem(await whatif({ changes: [{ what: 'crew', zone: 'crew', add: 1_000 }] }), 400, 'request/invalid')
  isProblem(await whatif({ changes: [] }, { origin: 'http://elsewhere.example' }), 403, 'request/origin')
  isProblem(await whatif({ changes: [], note: 'x'.repeat(20_000) }), 413, 'request/too-large')
})

test('history is of the last 24 hours where nothing else is asked for, and names its unit', async () => {
  const { asked, body } = await ask('/api/history?device=air&point=co2')
  assert.deepEqual(body(), { unit: '[ppm]', t: [NOW - 24 * HOUR, NOW], value: [1, 2] })
  const [query] = asked.queries
  assert.deepEqual([query?.from, query?.to, query?.every], [NOW - 24 * HOUR, NOW, undefined])
})

test('times may be written as ms or as ISO 8601, spans with a unit', async () => {
  for (const [search, from, every] of [
    [`from=${NOW - HOUR}&every=600000`, NOW - HOUR, 600_000],
    ['from=2026-11-20T11:00:00Z&every=10%20min', NOW - HOUR, 600_000],
    ['from=2026-11-20T12:00%2B01:00&every=1%20h', NOW - HOUR, HOUR],
    ['from=2026-11-20T11:00', NOW - HOUR, undefined],
    ['from=2026-11-20', NOW - 12 * HOUR, undefined],
  ] as const) {
    const { asked } = await ask(`/api/history?device=air&point=co2&${search}`)
    assert.deepEqual([asked.queries[0]?.from, asked.queries[0]?.every], [from, every], search)
  }
})

test('what cannot be understood is told with the name of what is wrong', async () => {
  for (const search of ['from=yesterday', 'every=0', 'every=10%20ppm', `from=${NOW}&to=${NOW - 1}`]) {
    const { answer } = await ask(`/api/history?device=air&point=co2&${search}`)
    const { detail } = isProblem(answer, 400, 'request/invalid')
    assert.match(detail, /from|every/)
  }
  isProblem((await ask('/api/history?point=co2')).answer, 400, 'request/invalid')
  const garbled = {
    method: 'POST',
    url: '/api/commands',
    headers: { 'content-type': 'application/json' },
    payload: '{',
  }
  isProblem((await ask(garbled as InjectOptions)).answer, 400, 'request/invalid')
  isProblem(
    (await ask({ method: 'POST', url: '/api/commands', payload: { by: 'x'.repeat(70_000) } })).answer,
    413,
    'request/too-large',
  )
})

test('an unknown device, point, address or quantity is not found', async () => {
  for (const url of [
    '/api/history?device=ghost&point=co2',
    '/api/history?device=air&point=o2',
    '/api/history?device=air&point=constructor',
    '/api/nothing',
    '/nothing.js',
    '/api/twin/history?zone=crew&quantity=o2&lead=1h',
    '/api/checklists/none',
  ]) {
    isProblem((await ask(url)).answer, 404, 'request/not-found')
  }
})

test('a span with too many rows is refused', async () => {
  const history = async (): Promise<History> => ({ t: [], value: [], more: true })
  const { answer } = await ask('/api/history?device=air&point=co2', {
    history: { info: () => air, history, now: () => NOW },
  })
  isProblem(answer, 413, 'request/too-large')
})

test('a long history arrives whole, in pieces', async () => {
  const t = Array.from({ length: 10_000 }, (_, i) => NOW + i)
  const value = t.map((_, i) => (i % 7 === 0 ? null : i / 2))
  const { answer, body } = await ask('/api/history?device=air&point=co2', {
    history: { info: () => air, history: async () => ({ t, value }), now: () => NOW },
  })
  assert.match(String(answer.headers['content-type']), /^application\/json/)
  assert.deepEqual(body(), { unit: '[ppm]', t, value })
})

test('the twin says how things stand, by zone and quantity', async () => {
  const all = await ask('/api/twin/estimate')
  assert.deepEqual(all.body(), {
    crew: { co2: { t: NOW, mean: 800, sd: 5 }, temperature: { t: NOW, mean: 22, sd: 0.1 } },
  })
  const one = await ask('/api/twin/estimate?zone=crew&quantity=co2')
  assert.deepEqual(one.body(), { crew: { co2: { t: NOW, mean: 800, sd: 5 } } })
  assert.deepEqual((await ask('/api/twin/estimate?zone=attic')).body(), {})
  const forecast = await ask('/api/twin/forecast')
  assert.deepEqual(forecast.body().crew.co2.p50, [800])
})

test('what the twin said before comes as columns that belong together', async () => {
  const { body, asked } = await ask('/api/twin/history?zone=crew&quantity=co2&lead=6h&every=1%20h')
  assert.deepEqual(body(), { t: [NOW - 24 * HOUR, NOW], p05: [1, 2], p50: [1, 2], p95: [1, 2] })
  assert.ok(asked.queries.every(({ every }) => every === HOUR))
  assert.deepEqual(asked.queries[0]?.series, {
    kind: 'forecast',
    zone: 'crew',
    quantity: 'co2',
    lead: '6h',
    field: 'p50',
  })
  const estimates = await ask('/api/twin/history?zone=crew&quantity=co2&lead=estimate')
  assert.deepEqual(estimates.body(), { t: [NOW - 24 * HOUR, NOW], mean: [1, 2], sd: [1, 2] })
})

test('alerts that hold and alerts that were', async () => {
  const { body } = await ask('/api/alerts')
  assert.deepEqual([body().active.length, body().history.length], [1, 1])
})

test('an alert is acknowledged by a command to the guard, one of the twin by a command to the twin', async () => {
  const { body, asked } = await ask({ method: 'POST', url: '/api/alerts/co2-crew/ack', payload: { by: 'Ada' } })
  assert.equal(body().state, 'done')
  const [{ device, point, command } = assert.fail()] = asked.commands
  assert.deepEqual([device, point, command.value, command.by], ['guard', 'acknowledge', 'co2-crew', 'Ada'])
  const twins = { alerts: { active: () => [{ ...alert, source: 'twin' as const }], alerts: () => [], now: () => NOW } }
  const other = await ask({ method: 'POST', url: '/api/alerts/co2-crew/ack', payload: { by: 'Ada' } }, twins)
  assert.deepEqual(
    other.asked.commands.map(({ device, point }) => [device, point]),
    [['twin', 'acknowledge']],
  )
  const ghost = await ask({ method: 'POST', url: '/api/alerts/ghost/ack', payload: { by: 'Ada' } })
  isProblem(ghost.answer, 404, 'request/not-found')
})

const disturb = { device: 'virtual', point: 'door', value: 'open', by: 'Ada' }

test('a command is sent with an id and an end, and answered with its result', async () => {
  const { answer, body, asked } = await ask({ method: 'POST', url: '/api/commands', payload: disturb })
  assert.equal(answer.statusCode, 200)
  const [{ device, point, command } = assert.fail()] = asked.commands
  assert.deepEqual([device, point, command.value, command.by], ['virtual', 'door', 'open', 'Ada'])
  assert.ok(command.expires > NOW)
  assert.deepEqual(body(), { id: command.id, state: 'done', readback: 'open' })
  const again = await ask({
    method: 'POST',
    url: '/api/commands',
    payload: { ...disturb, id: 'mine', expires: NOW + 1 },
  })
  assert.deepEqual([again.asked.commands[0]?.command.id, again.asked.commands[0]?.command.expires], ['mine', NOW + 1])
})

test('commands are told with what became of them, those of one device where it is named', async () => {
  const { body } = await ask('/api/commands?device=virtual&limit=5')
  assert.deepEqual(body(), { commands: [] })
  isProblem((await ask('/api/commands?limit=0')).answer, 400, 'request/invalid')
})

test('a command that is not answered within five seconds is waiting, and nobody waits on', async () => {
  let given: AbortSignal | undefined
  const asked = Promise.withResolvers<void>()
  using made = habitat({
    commands: {
      mayCommand: () => true,
      recent: () => [],
      send: (_device, _point, _command, signal) => {
        given = signal
        asked.resolve()
        return new Promise(() => undefined)
      },
    },
  })
  const answered = ask({ method: 'POST', url: '/api/commands', payload: { ...disturb, id: 'slow' } }, {}, made)
  await asked.promise
  await made.clock.advance(PATIENCE)
  const { answer, body } = await answered
  assert.equal(answer.statusCode, 202)
  assert.deepEqual(body(), { id: 'slow', state: 'waiting' })
  assert.equal(given?.aborted, true)
  assert.equal(made.clock.pending, 0)
})

test('a command is only taken from this machine itself, never through a proxy, and only for what may be disturbed', async () => {
  const post = { method: 'POST', url: '/api/commands', payload: disturb } as const
  for (const name of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip']) {
    isProblem((await ask({ ...post, headers: { [name]: '127.0.0.1' } })).answer, 403, 'request/forbidden')
  }
  isProblem((await ask({ ...post, remoteAddress: '192.0.2.7' })).answer, 403, 'request/forbidden')
  isProblem((await ask({ ...post, payload: { ...disturb, device: 'scrubber' } })).answer, 403, 'request/forbidden')
  const { asked } = await ask({ ...post, remoteAddress: '::ffff:127.0.0.1' })
  assert.equal(asked.commands.length, 1)
})

test('a name or a page that is not this panel comes nowhere', async () => {
  for (const headers of [
    { host: 'evil.example' },
    { host: '192.0.2.1' },
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:9999' },
    { host: 'evil.example@127.0.0.1' },
  ]) {
    isProblem((await ask({ url: '/api/about', headers })).answer, 403, 'request/origin')
  }
  for (const headers of [
    { host: 'localhost:8080', origin: 'http://localhost:8080' },
    { host: '[::1]:8080' },
    { host: 'Habitat.example', origin: 'https://habitat.example' },
  ]) {
    assert.equal((await ask({ url: '/api/about', headers })).answer.statusCode, 200)
  }
})

test('where all addresses are listened on, a bare address may be asked for and a foreign name still may not', () => {
  assert.ok(mayEnter('192.0.2.1:8080', 'http://192.0.2.1:8080', '0.0.0.0', []))
  assert.ok(!mayEnter('192.0.2.1:8080', 'http://192.0.2.2:8080', '0.0.0.0', []))
  assert.ok(!mayEnter('evil.example', undefined, '0.0.0.0', []))
  assert.ok(mayEnter('192.0.2.1', undefined, '192.0.2.1', []))
  for (const host of ['', undefined, 'a b', '127.0.0.1/x', '127.0.0.1:x', 'user@127.0.0.1']) {
    assert.ok(!mayEnter(host, undefined, '0.0.0.0', []))
  }
  assert.deepEqual(
    ['127.0.0.1', '127.8.8.8', '::1', '[::1]', '::ffff:127.0.0.1', 'localhost'].filter((one) => !isLoopback(one)),
    [],
  )
  assert.deepEqual(['128.0.0.1', '127.evil.example', '::', '0.0.0.0', '127.0.0.1.evil'].filter(isLoopback), [])
})

test('a browser is told to run nothing but our own files', async () => {
  const { answer } = await ask('/api/about')
  assert.match(String(answer.headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/)
  assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  assert.equal(answer.headers['x-powered-by'], undefined)
  assert.equal(answer.headers['cache-control'], 'no-store')
})

test('a checklist of the habitat goes before the one that habtwin brings, and no path leads out', async () => {
  using made = habitat()
  const [own = ''] = made.options.checklists
  const built = join(own, 'built-in')
  mkdirSync(built)
  writeFileSync(join(own, 'fire.md'), '# Ours')
  writeFileSync(join(built, 'fire.md'), '# Brought')
  writeFileSync(join(built, 'leak.md'), '# Leak')
  const change = { checklists: [own, join(own, 'missing'), built] }
  const fire = await ask('/api/checklists/fire', change)
  assert.equal(fire.answer.body, '# Ours')
  assert.match(String(fire.answer.headers['content-type']), /^text\/markdown/)
  assert.equal((await ask('/api/checklists/leak', change)).answer.body, '# Leak')
  for (const name of ['..%2Ffire', '%2e%2e', 'Fire', 'built-in%2Ffire', 'fire.md', 'a%00']) {
    assert.ok((await ask(`/api/checklists/${name}`, { checklists: [built] })).answer.statusCode >= 400, name)
  }
})

test('alive is not yet ready', async () => {
  assert.equal((await ask('/healthz')).answer.body, 'ok\n')
  assert.equal((await ask('/readyz')).answer.body, 'ready\n')
  const { answer } = await ask('/readyz', { health: { missing: () => ['the gateway is away'], collect: () => [] } })
  assert.match(isProblem(answer, 503, 'link/unavailable').detail, /the gateway is away/)
})

test('figures of the process and our own are there for Prometheus, and a counter is what was handed in', async () => {
  using made = habitat()
  const app = await buildApp(made.options)
  const headers = { host: 'localhost' }
  await app.inject({ url: '/metrics', headers })
  const { body } = await app.inject({ url: '/metrics', headers })
  await app.close()
  assert.match(body, /^habtwin_readings_total 7$/m)
  assert.match(body, /^process_resident_memory_bytes \d+$/m)
})

test('every route is in the OpenAPI document and on the page that people read', async () => {
  const { body } = await ask('/api/openapi.json')
  const document = body()
  assert.equal(document.openapi, '3.1.0')
  const paths = Object.keys(document.paths)
  for (const path of [
    '/api/about',
    '/api/history',
    '/api/twin/forecast',
    '/api/alerts/{id}/ack',
    '/api/checklists/{name}',
  ]) {
    assert.ok(paths.includes(path), path)
  }
  assert.deepEqual(
    paths.filter((path) => /docs|openapi|\*/.test(path)),
    [],
  )
  const page = await ask('/api/docs')
  assert.match(String(page.answer.headers['content-type']), /^text\/html/)
  for (const path of paths) assert.ok(page.answer.body.includes(`<code>${path}</code>`), path)
  assert.doesNotMatch(page.answer.body, /<script|style="|https?:\/\/(?!localhost:8080)/)
  assert.match((await ask('/api/docs.css')).answer.body, /font/)
})

test('the panel is served with tags to compare by, its hashed files for good, and nothing beside it', async () => {
  using made = habitat()
  const folder = join(made.options.panel, 'dist')
  mkdirSync(folder)
  writeFileSync(join(folder, 'index.html'), '<!doctype html>the panel')
  writeFileSync(join(folder, 'part-W2JLSPWP.js'), '1')
  writeFileSync(join(folder, '.secret'), 'no')
  writeFileSync(join(made.options.panel, 'outside.txt'), 'no')
  const change = { panel: folder }
  const { answer } = await ask('/', change)
  assert.match(answer.body, /the panel/)
  assert.equal(answer.headers['cache-control'], 'no-cache')
  const again = await ask({ url: '/', headers: { 'if-none-match': String(answer.headers.etag) } }, change)
  assert.equal(again.answer.statusCode, 304)
  const part = await ask('/part-W2JLSPWP.js', change)
  assert.match(String(part.answer.headers['cache-control']), /immutable/)
  for (const url of ['/.secret', '/../outside.txt', '/..%2Foutside.txt', '/%2e%2e/outside.txt', '/api/about.html']) {
    assert.ok((await ask(url, change)).answer.statusCode >= 400, url)
  }
})

test('where the panel is not built, the page says what to run', async () => {
  using made = habitat()
  const { answer } = await ask('/', { panel: join(made.options.panel, 'not-there') })
  assert.equal(answer.statusCode, 503)
  assert.match(answer.body, /npm run prepare/)
})

test('an error of ours is told without its inside', async () => {
  const { answer } = await ask('/api/about', {
    about: {
      about: () => {
        throw new TypeError('secret inside')
      },
    },
  })
  isProblem(answer, 500, 'bug/unexpected')
  assert.doesNotMatch(answer.body, /secret/)
})

test('port 0 takes a free port and says which; a taken one is an error with a code', async () => {
  using made = habitat()
  await using server = await HttpServer.start(made.options)
  assert.ok(server.port > 0)
  assert.equal(server.address, `127.0.0.1:${server.port}`)
  const answer = await fetch(`http://${server.address}/healthz`)
  assert.equal(await answer.text(), 'ok\n')
  const at = (host: string, port: number) => HttpServer.start({ ...made.options, address: { host, port } })
  await assert.rejects(at('127.0.0.1', server.port), (error) => isHabtwinError(error, 'listen/address-in-use'))
  await assert.rejects(at('192.0.2.1', 0), (error) => isHabtwinError(error, 'listen/impossible'))
})
