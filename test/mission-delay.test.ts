/** A simulated delay over a real link to a real Mosquitto: what is under way outlives cuts, and a kill costs no more. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectAsync } from 'mqtt'
import { Cuttable } from './support/cuttable.ts'
import { temporaryFolder } from './support/line.ts'
import { Listener } from './support/listener.ts'
import { Near } from './support/near.ts'
import { missing, startMosquitto } from './support/servers.ts'
import { until } from './support/until.ts'

const skip = missing('mosquitto')
/** One way, ms. */
const DELAY = 2_000
const config = (port: number) => `habitat: { id: sam }
bridges: { earth: { url: mqtt://127.0.0.1:${port}, delay: ${DELAY} ms } }`

/** How often each entry of a journal came to the far side. */
function tally({ heard }: Listener): { came: number; again: number; early: number } {
  const counts = new Map<string, number>()
  let early = 0
  for (const { topic, payload, at } of heard) {
    if (!/\/(?:reading|late)$/.test(topic) || payload === '') continue
    const { journal, seq, t } = JSON.parse(payload) as { journal: string; seq: number; t: number }
    counts.set(`${journal} ${seq}`, (counts.get(`${journal} ${seq}`) ?? 0) + 1)
    if (at - t < DELAY - 50) early++
  }
  return { came: counts.size, again: [...counts.values()].reduce((sum, n) => sum + n - 1, 0), early }
}

test('what is under way when the real link is cut arrives when it is back, and nothing comes before its time', {
  skip,
}, async () => {
  using folder = temporaryFolder()
  await using mosquitto = await startMosquitto()
  await using link = await Cuttable.start(mosquitto.port)
  await using far = new Listener({ url: `mqtt://127.0.0.1:${mosquitto.port}` }, 'hab/sam/#')
  await using near = await Near.start(folder.path, config(link.port))
  await until(async () => (await near.state()).bridges.earth?.state === 'up', 'the bridge is up')
  assert.equal((await near.state()).bridges.earth?.delay, DELAY)
  await near.flow(20, 20)
  for (let i = 0; i < 3; i++) {
    const before = tally(far).came
    await until(() => tally(far).came > before + 300, 'readings')
    await link.cut()
    await until(async () => (await near.state()).bridges.earth?.state === 'down', 'the cut is seen')
    await link.mend()
  }
  await near.flow(0, 0)
  const { next } = await near.state()
  await until(() => tally(far).came === next - 1, 'all readings')
  const { again, early } = tally(far)
  // a thousand are under way at any moment: only what the network itself had at a cut may come twice
  assert.ok(again <= 3 * 256, `${again} came twice`)
  assert.equal(early, 0)
})

test('a gateway that is killed loses nothing of what was under way, either way', { skip }, async () => {
  using folder = temporaryFolder()
  await using mosquitto = await startMosquitto()
  await using far = new Listener({ url: `mqtt://127.0.0.1:${mosquitto.port}` }, 'hab/sam/#')
  await using near = await Near.start(folder.path, config(mosquitto.port))
  await until(async () => (await near.state()).bridges.earth?.state === 'up', 'the bridge is up')
  await near.take(500)
  await until(async () => ((await near.state()).bridges.earth?.inFlight ?? 0) > 0, 'some are under way')
  const client = await connectAsync(`mqtt://127.0.0.1:${mosquitto.port}`)
  const sent = Date.now()
  await client.publishAsync('hab/sam/command/heater/state', '{"id":"c-1"}', { qos: 1 })
  // a word in real time was heard: so was the command before it, which is under way now
  await client.publishAsync('hab/sam/safety/s-1', '{}', { qos: 1 })
  await until(async () => (await near.commands()).length > 0, 'the word is there')
  assert.deepEqual(await near.commands(), ['safety/s-1 {}'])
  await near.kill()
  await near.start()
  await until(async () => (await near.commands()).includes('heater/state {"id":"c-1"}'), 'the command is there')
  assert.ok(Date.now() - sent >= DELAY - 50)
  await near.take(100)
  await until(() => tally(far).came === 600, 'all readings')
  await client.endAsync()
})
