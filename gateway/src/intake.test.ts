import assert from 'node:assert/strict'
import { test } from 'node:test'
import { intake } from './intake.ts'

function rig() {
  const journalled: [topic: string, body: unknown, live: boolean | undefined][] = []
  const sent: string[] = []
  const judged: number[] = []
  const take = intake({
    journal: {
      append(topic, body, live) {
        journalled.push([topic, body, live])
        return { seq: journalled.length, topic, payload: JSON.stringify(body) }
      },
      room: () => Promise.resolve(),
    },
    outlet: { send: ({ topic }) => sent.push(topic) },
    judge: (_, { values }) => judged.push(values.co2 ?? Number.NaN),
    patient: new Set(),
  })
  return { take, journalled, sent, judged }
}

const sample = (co2: number) => ({ t: 1, values: { co2 } })

test('a reading that is held back is judged and has no number, so that nothing is missing when it is not stored', () => {
  const { take, journalled, sent, judged } = rig()
  take('air', sample(800), { late: false, held: false })
  take('air', sample(801), { late: false, held: true })
  take('air', sample(802), { late: false, held: true })
  take('air', sample(900), { late: false, held: false })
  assert.deepEqual(judged, [800, 801, 802, 900])
  assert.deepEqual(
    journalled.map(([, body]) => body),
    [
      { n: 1, t: 1, values: { co2: 800 } },
      { n: 2, t: 1, values: { co2: 900 } },
    ],
  )
  assert.deepEqual(sent, ['device/air/reading', 'device/air/reading'])
})

test('what an instrument remembers is journalled, and neither judged nor published as live', () => {
  const { take, journalled, sent, judged } = rig()
  const waits = take('air', sample(800), { late: true, held: false })
  assert.ok(waits instanceof Promise)
  assert.deepEqual([journalled.length, journalled[0]?.[2], sent, judged], [1, false, [], []])
})
