/** A bridge to brokers of other makes: readings, what is retained, commands, and a link that is cut. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cuttable } from './support/cuttable.ts'
import { temporaryFolder } from './support/line.ts'
import { Listener } from './support/listener.ts'
import { Near } from './support/near.ts'
import { missing, startMosquitto, startNats, startRabbit, type TestServer } from './support/servers.ts'
import { until } from './support/until.ts'

interface Make {
  readonly name: string
  readonly program: string
  readonly start: () => Promise<TestServer>
  readonly login?: { readonly username: string; readonly password: string }
}

const makes: Make[] = [
  { name: 'Mosquitto', program: 'mosquitto', start: () => startMosquitto() },
  { name: 'NATS', program: 'nats-server', start: startNats },
  { name: 'RabbitMQ', program: 'rabbitmq-server', start: startRabbit, login: { username: 'guest', password: 'guest' } },
]

for (const { name, program, start, login } of makes) {
  test(`${name} takes all that crosses, gives commands, and loses nothing over a cut link`, {
    skip: missing(program),
  }, async () => {
    using folder = temporaryFolder()
    await using broker = await start()
    await using link = await Cuttable.start(broker.port)
    const users = login === undefined ? '' : `, username: ${login.username}`
    const env: NodeJS.ProcessEnv = login === undefined ? {} : { HABTWIN_BRIDGES__EARTH__PASSWORD: login.password }
    const config = `habitat: { id: sam }\nbridges: { earth: { url: mqtt://127.0.0.1:${link.port}${users} } }`
    await using far = new Listener({ url: `mqtt://127.0.0.1:${broker.port}`, ...login }, 'hab/sam/#')
    await using near = await Near.start(folder.path, config, env)
    const here = () => {
      const seqs = far.heard.filter(({ topic }) => /\/(reading|late)$/.test(topic)).map(({ payload }) => (JSON.parse(payload) as { seq: number }).seq) // biome-ignore format: one list
      return { came: new Set(seqs).size, again: seqs.length - new Set(seqs).size }
    }
    await until(() => far.link.up, 'the far side')
    await until(async () => (await near.state()).bridges.earth?.state === 'up', 'the bridge')
    await near.retain('twin/estimate/crew/co2', '{"mean":1}')
    await near.take(1_000)
    await until(() => here().came === 1_000, 'the readings')
    assert.equal(here().again, 0)
    await link.cut()
    await near.take(3_000)
    await link.mend()
    await near.take(1_000)
    await until(() => here().came === 5_000, 'all readings')
    await until(async () => (await near.state()).bridges.earth?.confirmed === 5_000, 'all being confirmed')
    // RabbitMQ has what is retained for none but the very topic
    const exact = 'hab/sam/twin/estimate/crew/co2'
    await using late = new Listener({ url: `mqtt://127.0.0.1:${broker.port}`, ...login }, exact)
    await late.hears(({ payload }) => payload === '{"mean":1}', 'what is retained', 0)
    await far.link.publish('hab/sam/command/lamp/power', '{"id":"one"}', { qos: 1 })
    await until(async () => (await near.commands()).length === 1, 'the command')
    assert.deepEqual(await near.commands(), ['lamp/power {"id":"one"}'])
  })
}
