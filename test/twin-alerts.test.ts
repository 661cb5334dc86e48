/** The twin obeys by itself: what is acknowledged reaches it through the broker, and the gateway keeps out of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CommandResult, commandResult } from '@habtwin/contract'
import { Link } from '@habtwin/runtime/mqtt'
import { demoHabitat, freePorts, Line, temporaryFolder } from './support/line.ts'
import { until } from './support/until.ts'

test('a command to the twin is answered once, by the twin', async () => {
  using folder = temporaryFolder()
  await using line = new Line(folder.path, `${freePorts}${demoHabitat('1 h')}`)
  const { mqtt, panel } = await line.ready
  await using link = new Link({ url: `mqtt://${mqtt}`, clientId: 'somebody', retry: { first: 100, cap: 1_000 } })
  const results: CommandResult[] = []
  link.subscribe('hab/+/result/twin/+', (_topic, payload) => {
    results.push(commandResult.parse(JSON.parse(payload.toString())))
  })
  link.start()
  await until(() => link.up, 'the link is up')
  const about = (await (await fetch(`http://${panel}/api/about`)).json()) as { habitat: { id: string } }
  const ask = (id: string, point: string, value: string) =>
    link.publish(
      `hab/${about.habitat.id}/command/twin/${point}`,
      JSON.stringify({ id, value, by: 'Ada', expires: Date.now() + 60_000 }),
    )
  await until(async () => {
    if (results.length === 0) await ask('one', 'acknowledge', 'nothing')
    return results.length > 0
  }, 'the twin answers')
  assert.deepEqual([results[0]?.state, results[0]?.reason], ['refused', 'there is no active alert nothing'])
  // a second voice would have spoken by the time that the next question is answered
  const before = results.length
  await ask('two', 'acknowledge', 'nothing')
  await until(() => results.some(({ id }) => id === 'two'), 'the second answer')
  await ask('three', 'acknowledge', 'nothing')
  await until(() => results.some(({ id }) => id === 'three'), 'the third answer')
  assert.deepEqual(
    results
      .slice(before)
      .map(({ id }) => id)
      .filter((id) => id !== 'one'),
    ['two', 'three'],
  )
})
