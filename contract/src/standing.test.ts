import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviceStanding, type LinkTold, linkStanding, patience } from './standing.ts'

const MIN = 60_000
const NOW = Date.UTC(2026, 10, 21, 12)
const at = (minutes: number) => NOW + minutes * MIN
const always: LinkTold = { delay: 0 }
const mars: LinkTold = { delay: 20 * MIN }
/** Contact from 12:00 to 12:30 and from 20:00 on, twenty light minutes away. */
const windows: LinkTold = {
  delay: 20 * MIN,
  contact: { from: at(0), to: at(30) },
  next: { from: at(480), to: at(510) },
}

const cases = [
  ['nothing was ever heard', at(0), undefined, undefined, 'never'],
  ['readings come', at(0), at(0) - 5_000, always, 'up'],
  ['three readings were missed', at(0), at(0) - 31_000, always, 'late'],
  ['nothing comes any more', at(0), at(-5), always, 'lost'],
  ['a light time is no silence', at(0), at(0) - 5_000, mars, 'up'],
  ['what left before the window closed still comes', at(49), at(49) - 5_000, windows, 'up'],
  ['the window closed, and the last of it came', at(60), at(50) - 5_000, windows, 'closed'],
  ['the next window is open, but its first words are under way', at(495), at(50) - 5_000, windows, 'closed'],
  ['the first words of the window should be here', at(500) + 20_000, at(50) - 5_000, windows, 'closed'],
  ['the window passes in silence', at(501), at(50) - 5_000, windows, 'late'],
  ['the window has passed in silence', at(505), at(50) - 5_000, windows, 'lost'],
  ['it fell silent while the window was open', at(60), at(35), windows, 'lost'],
  ['after windows of which nothing was told', at(5_000), at(50) - 5_000, windows, 'lost'],
] as const

for (const [what, now, heard, told, state] of cases) {
  test(`link: ${what}: ${state}`, () => {
    assert.equal(linkStanding({ now, heard, told, cadence: 10_000 }).state, state)
  })
}

test('nothing later than a light time ago can be known, and nothing after the signal was lost', () => {
  const horizon = (now: number, heard: number, told: LinkTold) =>
    linkStanding({ now, heard, told, cadence: 10_000 }).horizon
  assert.equal(horizon(at(0), at(0) - 1_000, mars), at(-20))
  assert.equal(horizon(at(60), at(50), windows), at(30))
  assert.equal(horizon(at(60), at(20), always), at(20))
})

test('a slow instrument alone makes a link that may be silent for longer', () => {
  assert.equal(patience(10_000), 30_000)
  assert.equal(patience(100), 15_000)
  assert.equal(patience(3_600_000), 600_000)
})

const info = { every: 10_000 }
const devices = [
  ['its last reading is as new as can be', info, 'ok', at(-20), at(-20), 'ok'],
  ['one reading is late', info, 'ok', at(-20) - 30_000, at(-20), 'ok'],
  ['the habitat is heard, it is not', info, 'ok', at(-25), at(-20), 'stale'],
  ['the gateway says that it does not answer', info, 'down', at(-25), at(-20), 'down'],
  ['nothing of it has come yet', info, undefined, undefined, at(-20), 'silent'],
  ['it reports by exception', { every: 10_000, heartbeat: 10 * MIN }, 'ok', at(-25), at(-20), 'ok'],
  ['it plays a recording', { every: 10_000, pace: 60 }, 'ok', at(-9_000), at(-20), 'ok'],
] as const

for (const [what, described, state, t, horizon, expected] of devices) {
  test(`device: ${what}: ${expected}`, () => {
    assert.equal(deviceStanding(described, state && { state }, t, horizon), expected)
  })
}

test('when the signal is lost no sensor grows stale by it', () => {
  const heard = at(-60)
  const { state, horizon } = linkStanding({ now: at(0), heard, told: always, cadence: 10_000 })
  assert.equal(state, 'lost')
  assert.equal(deviceStanding(info, { state: 'ok' }, heard - 2_000, horizon), 'ok')
})

test('while the first words since the link came up are under way, no sensor is stale, and silence of the link itself is loss', () => {
  const told = { ...mars, up: at(-5) }
  const newest = at(-40)
  const stands = (now: number, heard: number) => linkStanding({ now, heard, told, cadence: 10_000, newest })
  assert.deepEqual(stands(at(0), at(0) - 60_000), { state: 'up', since: at(0) - 60_000, horizon: newest })
  assert.equal(deviceStanding(info, { state: 'ok' }, newest - 2_000, stands(at(0), at(0)).horizon), 'ok')
  // what was under way before may still come
  assert.equal(linkStanding({ now: at(0), heard: at(0), told, cadence: 10_000, newest: at(-10) }).horizon, at(-20))
  assert.equal(stands(at(0), at(-4)).state, 'lost')
  assert.equal(stands(at(20), at(20)).horizon, at(0), 'by now they should be here')
})
