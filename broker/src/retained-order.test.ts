import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { Link } from '@habtwin/runtime/mqtt'
import { Broker } from './broker.ts'
import { describeOver, mqtt5 } from './engines.cases.ts'

describeOver('messages of this process', () => {
  it('what is retained is heard in its turn, though the message after it is not retained', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'habtwin-order-'))
    const sockets = { service: join(folder, 's'), viewer: join(folder, 'v'), panel: join(folder, 'p') }
    await using broker = new Broker({ habitat: 'sam', sockets, mqtt5: mqtt5() })
    await broker.start()
    await using link = new Link({ socketPath: sockets.service, clientId: 'sim-1' })
    const heard: string[] = []
    const all = Promise.withResolvers<void>()
    link.subscribe('hab/sam/+/+', (topic) => {
      heard.push(topic.slice('hab/sam/'.length))
      if (topic.endsWith('/last')) all.resolve()
    })
    const up = new Promise<void>((resolve) => link.once('up', resolve))
    link.start()
    await up
    for (const [
      topic,
      retain,
    ] of [['alert/a', true], ['event/a', false], ['alert/b', true], ['event/last', false]] as const) // biome-ignore format: one line
      broker.publishFast(`hab/sam/${topic}`, '{}', retain, () => undefined)
    await all.promise
    assert.deepEqual(heard, ['alert/a', 'event/a', 'alert/b', 'event/last'])
    rmSync(folder, { recursive: true, force: true })
  })
})
