/** A bridge from a gateway's journal to a real Mosquitto: what arrives there, whatever happens on the way. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cuttable } from './support/cuttable.ts'
import { temporaryFolder } from './support/line.ts'
import { Listener } from './support/listener.ts'
import { Near } from './support/near.ts'
import { missing, startMosquitto } from './support/servers.ts'
import { until } from './support/until.ts'

const skip = missing('mosquitto')

const config = (port: number, more = '') => `habitat: { id: sam }
bridges: { earth: { url: mqtt://127.0.0.1:${port}, ${more} } }`

/** What a subscriber at the far side has of each journal. */
class Far extends Listener {
  /** How often each entry came, as far as was looked. */
  readonly #counts = new Map<string, number>()
  #looked = 0

  /** Entries that came, each counted once, and how many came again. */
  tally(): { readonly came: number; readonly again: number } {
    for (const { topic, payload } of this.heard.slice(this.#looked)) {
      if (!/\/(?:reading|late)$|\/(?:event|alert|result)\//.test(topic) || payload === '') continue
      const { journal, seq } = JSON.parse(payload) as { journal: string; seq: number }
      this.#counts.set(`${journal} ${seq}`, (this.#counts.get(`${journal} ${seq}`) ?? 0) + 1)
    }
    this.#looked = this.heard.length
    let again = 0
    for (const n of this.#counts.values()) again += n - 1
    return { came: this.#counts.size, again }
  }
}

const hears = (port: number) => new Far({ url: `mqtt://127.0.0.1:${port}` }, 'hab/sam/#')

test('every reading arrives live on its own topic, each once', { skip }, async () => {
  using folder = temporaryFolder()
  await using mosquitto = await startMosquitto()
  await using far = hears(mosquitto.port)
  await using near = await Near.start(folder.path, config(mosquitto.port))
  await until(async () => (await near.state()).bridges.earth?.state === 'up', 'the bridge being up')
  for (let i = 0; i < 20; i++) await near.take(50)
  await until(() => far.tally().came === 1_000, 'all readings')
  assert.equal(far.tally().again, 0)
  assert.ok(far.heard.every(({ topic }) => !topic.endsWith('/late')))
  await until(async () => (await near.state()).bridges.earth?.confirmed === 1_000, 'all being confirmed')
})

test('the link is cut and comes back: nothing is lost, and only what was under way comes twice', { skip }, async () => {
  using folder = temporaryFolder()
  await using mosquitto = await startMosquitto()
  await using link = await Cuttable.start(mosquitto.port)
  await using far = hears(mosquitto.port)
  await using near = await Near.start(folder.path, config(link.port))
  await near.flow(50, 10)
  let flying = 0
  for (let i = 0; i < 3; i++) {
    const before = far.tally().came
    await until(() => far.tally().came > before + 500, 'readings')
    flying += (await near.state()).bridges.earth?.inFlight ?? 0
    await link.cut()
    await near.take(500)
    await link.mend()
  }
  await near.flow(0, 0)
  const { next } = await near.state()
  await until(() => far.tally().came === next - 1, 'all readings')
  assert.ok(far.tally().again <= flying + 3 * 2_000, `${far.tally().again} came twice`)
  assert.ok(far.heard.some(({ topic }) => topic.endsWith('/late')))
})

test('the gateway is killed again and again, with the link up and down: nothing is lost', { skip }, async () => {
  using folder = temporaryFolder()
  await using mosquitto = await startMosquitto()
  await using link = await Cuttable.start(mosquitto.port)
  await using far = hears(mosquitto.port)
  await using near = await Near.start(folder.path, config(link.port))
  let taken = 0
  for (let i = 0; i < 6; i++) {
    if (i % 3 === 1) await link.cut()
    for (let j = 0; j < 10; j++) await near.take(100)
    taken += (await near.state()).next - 1
    await near.kill()
    if (i % 3 === 2) await link.mend()
    await near.start()
  }
  await until(() => far.tally().came === taken, `all ${taken} readings`)
  const state = (await near.state()).bridges.earth
  assert.equal(state?.gaps, 0)
})

test('an alert overtakes a backlog, also one from before a restart', { skip }, async () => {
  using folder = temporaryFolder()
  await using mosquitto = await startMosquitto()
  await using link = await Cuttable.start(mosquitto.port)
  await using far = hears(mosquitto.port)
  await link.cut()
  await using near = await Near.start(folder.path, config(link.port, 'backlog: oldest, rate: 400 kbit/s'))
  for (let i = 0; i < 10; i++) await near.take(1_000)
  await near.append('alert/fire', { id: 'fire', active: true, t: 1 })
  for (let i = 0; i < 10; i++) await near.take(1_000)
  await near.append('event/eva', { kind: 'eva', t: 2 })
  await near.stop()
  await near.start()
  await near.take(2_000)
  await link.mend()
  await far.hears(({ topic }) => topic.endsWith('event/eva'), 'the event', 0)
  const order = far.heard.filter(({ topic }) => /alert|event|late/.test(topic)).map(({ topic }) => topic)
  assert.match(order[0] ?? '', /alert\/fire/)
  assert.match(order[1] ?? '', /event\/eva/)
})

test('state is told when it changes, and all of it again to a broker that has forgotten it', { skip }, async () => {
  using folder = temporaryFolder()
  await using mosquitto = await startMosquitto()
  await using near = await Near.start(folder.path, config(mosquitto.port))
  await near.retain('device/air/info', '{"device":"air"}')
  await near.retain('twin/estimate/crew/co2', '{"mean":1}')
  await near.retain('device/gone/info', '{"device":"gone"}')
  const told = async () => {
    await using far = hears(mosquitto.port)
    await until(() => far.heard.some(({ topic }) => topic.endsWith('co2')), 'the estimate')
    return Object.fromEntries(far.heard.map(({ topic, payload }) => [topic.slice('hab/sam/'.length), payload]))
  }
  assert.equal((await told())['device/gone/info'], '{"device":"gone"}')
  await mosquitto.kill()
  await near.retain('device/gone/info', '')
  await near.retain('twin/estimate/crew/co2', '{"mean":2}')
  await mosquitto.start()
  const after = await told()
  assert.equal(after['twin/estimate/crew/co2'], '{"mean":2}')
  assert.equal(after['device/air/info'], '{"device":"air"}')
  assert.ok(!after['device/gone/info'])
})

test('commands and words of safety come in, and nothing else of the own habitat', { skip }, async () => {
  using folder = temporaryFolder()
  await using mosquitto = await startMosquitto()
  await using far = new Far({ url: `mqtt://127.0.0.1:${mosquitto.port}` }, '#')
  await until(() => far.link.up, 'the far side being there')
  const say = (topic: string, retain = false) => far.link.publish(`moon/hab/sam/${topic}`, '{}', { qos: 1, retain })
  await say('command/lamp/old', true)
  await using near = await Near.start(folder.path, config(mosquitto.port, 'prefix: moon'))
  await until(async () => (await near.state()).bridges.earth?.state === 'up', 'the bridge being up')
  await say('device/air/reading')
  await say('status/node')
  await say('command/lamp/power')
  await say('safety/one')
  await until(async () => (await near.commands()).length > 1, 'what was said')
  // a command that is retained would act again after each connect
  assert.deepEqual(await near.commands(), ['lamp/power {}', 'safety/one {}'])
})

test('a bridge that is configured no more holds nothing', { skip }, async () => {
  using folder = temporaryFolder()
  const both = `habitat: { id: sam }
bridges: { earth: { url: mqtt://127.0.0.1:1 }, moon: { url: mqtt://127.0.0.1:1 } }`
  {
    await using near = await Near.start(folder.path, both)
    await near.take(5_000)
    await near.stop()
  }
  await using mosquitto = await startMosquitto()
  await using far = hears(mosquitto.port)
  await using near = await Near.start(folder.path, config(mosquitto.port))
  await until(() => far.tally().came === 5_000, 'what was held')
  await until(async () => (await near.state()).bytes.disk === 0, 'the disk being empty')
})

test('what the other broker does not take is set aside and told, and the rest goes on', { skip }, async () => {
  using folder = temporaryFolder()
  await using mosquitto = await startMosquitto()
  await using link = await Cuttable.start(mosquitto.port)
  // whoever says something there is disconnected, as a broker may do (MQTT 3.1.1, 3.3.5)
  link.tap = () => ({
    passed: (towards, chunk) => towards === 'far' && chunk.includes('hab/sam/device/air-2/') && link.break(),
    ended: () => undefined,
  })
  await using far = hears(mosquitto.port)
  await until(() => far.link.up, 'the far side')
  await using near = await Near.start(folder.path, config(link.port))
  await near.take(400, { devices: 4 })
  await until(() => far.tally().came === 300, 'the readings of the others')
  const earth = async () => (await near.state()).bridges.earth
  await until(async () => /does not take .*air-2/.test((await earth())?.reason ?? ''), 'the reason')
  await near.take(400, { devices: 4 })
  await until(() => far.tally().came === 600, 'later readings of the others')
  // they are not given up: rights change
  const state = await earth()
  assert.equal(state?.lanes.backlog.waiting, 200)
  assert.equal(state?.gaps, 0)
  assert.equal(state?.state, 'up')
})

test('what retention took before it could cross is told as a gap, and the rest arrives', { skip }, async () => {
  using folder = temporaryFolder()
  await using mosquitto = await startMosquitto()
  await using link = await Cuttable.start(mosquitto.port)
  await using far = hears(mosquitto.port)
  await link.cut()
  const limits = 'journal: { disk: 20 kB, memory: 100 kB }'
  await using near = await Near.start(folder.path, `${config(link.port)}\n${limits}`)
  for (let i = 0; i < 20; i++) await near.take(1_000)
  const { lost } = await near.state()
  assert.ok(lost > 1_000, `${lost}`)
  await link.mend()
  await until(async () => {
    const { gaps, confirmed = 0 } = (await near.state()).bridges.earth ?? {}
    return gaps === lost && confirmed + gaps === 20_000
  }, 'the gap being told')
  assert.equal(far.tally().came, 20_000 - lost)
})
