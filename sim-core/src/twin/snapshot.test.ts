import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partsOf } from './live/parts.ts'
import { diurnal, listening, live, MINUTE, read, START, settle, stored } from './testing.ts'

const of = (minute: number) => START + minute * MINUTE
const HALF = 200
const END = 320

/** A twin that has gone through so many minutes. */
function after(minutes: number, parts = {}) {
  const heard = listening(parts)
  live(heard.twin, 0, minutes)
  settle(heard.twin, of(minutes))
  return heard
}

test('a twin that goes on from a snapshot and the rest of the store says what one says that never ended', () => {
  const always = after(END)
  const bytes = after(HALF).twin.snapshot('1') ?? assert.fail()
  const again = listening()
  assert.deepEqual(again.twin.restore(bytes, '1'), { minute: START / MINUTE + HALF })
  again.twin.history(stored(HALF, END))
  again.twin.resume(() => of(HALF))
  settle(again.twin, of(END))
  assert.deepEqual(
    again.kept(),
    always.kept().filter(({ t }) => t > of(HALF)),
  )
  assert.deepEqual(again.forecasts().at(-1)?.forecast, always.forecasts().at(-1)?.forecast)
  assert.deepEqual(again.said.at(-1)?.scores, always.said.at(-1)?.scores)
})

test('what lies before the snapshot is not gone through again, and what was said by then is not said again', () => {
  const bytes = after(HALF).twin.snapshot('1') ?? assert.fail()
  const again = listening()
  again.twin.restore(bytes, '1')
  again.twin.history(stored(0, END))
  again.twin.resume(() => of(HALF + 50))
  settle(again.twin, of(END))
  assert.deepEqual(
    again.kept().map(({ t }) => t),
    Array.from({ length: END - HALF - 50 }, (_, i) => of(HALF + 51 + i)),
  )
})

test('a snapshot that is damaged, cut short or of another version is not used, and says why', () => {
  const bytes = after(30).twin.snapshot('1') ?? assert.fail()
  const wrong = bytes.slice()
  wrong[wrong.length >> 1] = (wrong[wrong.length >> 1] as number) ^ 1
  const why = (given: Uint8Array, version = '1') => {
    const { twin, kept } = listening()
    const restored = twin.restore(given, version)
    live(twin, 0, 30)
    settle(twin, of(30))
    assert.equal(kept().length, 30, 'it begins as if there had been none')
    return 'why' in restored ? restored.why : undefined
  }
  assert.equal(why(wrong), 'it is damaged')
  assert.equal(why(bytes.subarray(0, bytes.length - 5)), 'it is damaged')
  assert.equal(why(new Uint8Array(0)), 'it is damaged')
  assert.equal(why(Buffer.from('{"twin":')), 'it is damaged')
  assert.equal(why(bytes, '2'), 'it was written by another version')
})

test('a snapshot from the time to come is forgotten', () => {
  const bytes = after(HALF).twin.snapshot('1') ?? assert.fail()
  const again = listening()
  again.twin.restore(bytes, '1')
  live(again.twin, 0, 30)
  again.twin.tick(of(30))
  live(again.twin, 0, 30)
  settle(again.twin, of(30))
  assert.equal(again.kept().length, 30)
})

test('a twin with a model of the habitat tells its parameters and the outlook, and goes on with them', () => {
  const zone = { label: 'Crew', volume: 272, crew: 4, limits: {} }
  const parts = partsOf({
    habitat: { id: 'sam', timezone: 'UTC', pressure: 879 } as never,
    zones: { crew: zone },
    plan: { wake: 7, sleep: 23, switches: [] },
    devices: {},
  })
  const { twin, said } = listening(parts)
  for (let minute = 0; minute < 60; minute++) {
    read(twin, of(minute), { co2: diurnal(minute), temperature: 22 + minute / 1_000, humidity: 45 })
  }
  settle(twin, of(60))
  const { model, outlook } = said.at(-1) ?? assert.fail()
  assert.ok((model?.parameters.length ?? 0) > 0 && outlook !== undefined)
  const again = listening(parts)
  assert.deepEqual(again.twin.restore(twin.snapshot('1') ?? assert.fail(), '1'), { minute: START / MINUTE + 60 })
  const figures = (mind: typeof twin.mind) => mind.model(0, []).parameters.map(({ id, mean, sd }) => [id, mean, sd])
  assert.deepEqual(figures(again.twin.mind), figures(twin.mind))
  const room = listening()
  assert.deepEqual(room.twin.restore(twin.snapshot('1') ?? assert.fail(), '1'), {
    why: 'the model of the habitat has changed',
  })
})
