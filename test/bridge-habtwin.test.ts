/** A bridge to a habtwin at the other side, as real processes: what is stored there, once, whatever is cut or killed. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { addToken, addUser, changeUsers, newToken, nobody } from '@habtwin/runtime/users/index'
import { Cuttable } from './support/cuttable.ts'
import { temporaryFolder } from './support/line.ts'
import { Near } from './support/near.ts'
import { Receiver, rowsOf } from './support/receiver.ts'
import { freePort, slow } from './support/servers.ts'
import { storedIn } from './support/stored.ts'
import { until } from './support/until.ts'

/** So many that none is asked faster than clocks count. */
const devices = 40

/** A user for the gateway of `sam`. */
function login(data: string): string {
  const { secret, hash } = newToken()
  changeUsers(join(data, 'access'), (before) => {
    const user = { name: 'sam', role: 'gateway' as const, habitat: 'sam' }
    return addToken(addUser(before ?? nobody, user, Date.now()), { id: 't-sam', user: 'sam', hash }, Date.now())
  })
  return secret
}

/** Says who is there, as a gateway does when it starts. */
async function describe(near: Near): Promise<void> {
  const journal = near.journals.at(-1) ?? ''
  await near.retain('status/node', JSON.stringify({ state: 'online', t: Date.now(), version: '1', boot: 'b', journal, node: 'node' })) // biome-ignore format: one thought
  for (let i = 0; i < devices; i++) {
    const device = `air-${i}`
    const info = { device, zone: 'crew', node: 'node', driver: 'test', label: device, simulated: true, every: 1_000, points: { co2: { unit: '[ppm]' } } } // biome-ignore format: one thought
    await near.retain(`device/${device}/info`, JSON.stringify(info))
  }
}

for (const more of ['', ', bundle: true, backlog: oldest']) {
  test(`cut, killed and begun again on both sides: nothing is lost, nothing is stored twice (to: habtwin${more})`, {
    skip: slow,
  }, async () => {
    using folder = temporaryFolder()
    const data = join(folder.path, 'data')
    const token = login(data)
    const [mqtt, websocket, panel] = [await freePort(), await freePort(), await freePort()]
    const text = `broker: { mqtt: ${mqtt}, websocket: ${websocket} }\nhttp: { panel: ${panel} }\nstore: { commit: 1 s }\n`
    let receiver = new Receiver(folder.path, text)
    const desk = await receiver.ready
    await using link = await Cuttable.start(mqtt)
    const config = `habitat: { id: sam }\nbridges: { earth: { url: mqtt://127.0.0.1:${link.port}, to: habtwin${more} } }`
    await using near = await Near.start(join(folder.path, 'near'), config, { HABTWIN_BRIDGES__EARTH__TOKEN: token })
    await describe(near)
    let taken = 0
    const take = async (count: number) => {
      for (let i = 0; i < count; i += 100, taken += 100) await near.take(100, { devices, from: taken })
    }
    await take(2_000)
    await until(async () => (await near.state()).bridges.earth?.confirmed === 2_000, 'all being confirmed')
    await link.cut()
    await take(10_000)
    await link.mend()
    await take(1_000)
    await near.kill()
    await near.start()
    await describe(near)
    await take(1_000)
    await receiver.kill()
    await take(2_000)
    receiver = new Receiver(folder.path, text)
    await receiver.ready
    await take(1_000)
    await near.kill()
    await link.cut()
    await near.start()
    await describe(near)
    await take(1_000)
    await link.mend()
    const done = async () => {
      const { lanes, inFlight } = (await near.state()).bridges.earth ?? {}
      return inFlight === 0 && lanes?.backlog.waiting === 0 && lanes.live.waiting === 0
    }
    await until(done, 'all being confirmed')
    const [row] = await rowsOf(desk)
    assert.deepEqual(row?.completeness, { taken, stored: taken, gaps: 0 })
    assert.equal(row?.link.state, 'up')
    await receiver[Symbol.asyncDispose]()
    const { counts, twice } = storedIn(join(data, 'habitats', 'sam'))
    assert.equal(
      Object.values(counts).reduce((a, b) => a + b, 0),
      taken,
    )
    assert.deepEqual(twice, {})
  })
}
