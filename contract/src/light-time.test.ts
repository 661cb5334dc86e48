import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Body, C_AUDAY, HelioVector, MakeTime } from 'astronomy-engine'
import { lightTime, type Planet } from './light-time.ts'

const DAY = 86_400_000

/** The same by astronomy-engine (VSOP87, checked by its author against JPL Horizons), ms. */
function reference(sent: number, to: Planet): number {
  const [start, end] = to === 'mars' ? [Body.Earth, Body.Mars] : [Body.Mars, Body.Earth]
  const from = HelioVector(start, MakeTime(new Date(sent)))
  let ms = 0
  for (let i = 0; i < 6; i++) {
    const there = HelioVector(end, MakeTime(new Date(sent)).AddDays(ms / DAY))
    ms = (Math.hypot(there.x - from.x, there.y - from.y, there.z - from.z) / C_AUDAY) * DAY
  }
  return ms
}

test('light takes as long as astronomy-engine says, within a second, over more than twenty years, both ways', () => {
  let worst = 0
  let asked = 0
  // 9.3 days share no period with anything up there
  for (let t = Date.UTC(2024, 0, 1); t < Date.UTC(2050, 0, 1); t += 9.3 * DAY) {
    for (const to of ['earth', 'mars'] as const) {
      worst = Math.max(worst, Math.abs(lightTime(t, to) - reference(t, to)))
      asked++
    }
  }
  assert.ok(asked > 2_000)
  assert.ok(worst < 1_000, `${worst} ms off at worst`)
})

test('the two ways differ, as the other planet moves on while the signal is under way', () => {
  // half way between an opposition and a conjunction the distance grows or shrinks fastest: 15 km/s over 15 min
  const t = Date.UTC(2027, 7, 1)
  const [out, back] = [lightTime(t, 'earth'), lightTime(t, 'mars')]
  assert.ok(Math.abs(out - back) > 1 && Math.abs(out - back) < 200, `${out} and ${back} ms`)
  assert.ok(Math.abs(out - back - (reference(t, 'earth') - reference(t, 'mars'))) < 5)
})

test('the nearest and the farthest that Mars can be are three and twenty-two minutes', () => {
  // opposition of 15 September 2035 (0.38 au) and conjunction of early 2032
  let [least, most] = [Number.POSITIVE_INFINITY, 0]
  for (let t = Date.UTC(2024, 0, 1); t < Date.UTC(2050, 0, 1); t += DAY) {
    const minutes = lightTime(t, 'earth') / 60_000
    least = Math.min(least, minutes)
    most = Math.max(most, minutes)
  }
  assert.ok(least > 3 && least < 3.3, `${least} min`)
  assert.ok(most > 22 && most < 22.4, `${most} min`)
})
