import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Parameter } from '@habtwin/contract'
import { breathOf, newBalanceMemory, note } from './balance.ts'
import { checkCompany, newCompanyMemory } from './company.ts'
import { Standing } from './standing.ts'
import { made } from './support.ts'

const MINUTE = 60_000
const HOUR = 60
const MIDNIGHT = Date.UTC(2026, 10, 20)
const VOLUME = 272

/** People's worth of CO2, and °C, by minute. */
type Life = (minute: number) => readonly [people: number, air: number]

/** Four people: asleep until seven, an hour of exercise, of one after the other, from five in the afternoon on. */
const ordinary: Life = (minute) => {
  const hour = (minute / HOUR) % 24
  const asleep = hour < 7 || hour >= 23
  const exercise = hour >= 17 && hour < 18 ? 5.9 : 0
  return [(asleep ? 2.5 : 4) + exercise, 22 + 0.3 * Math.sin((hour / 12) * Math.PI)]
}

/** What is said in two days of a life, and when, minutes. */
function told(life: Life, until = 48 * HOUR) {
  const said: { at: number; active: boolean; text: string }[] = []
  const standing = new Standing()
  const [balance, memory, breath] = [newBalanceMemory(), newCompanyMemory(), breathOf(879)]
  const { normal } = made(1)
  let held = 900 * VOLUME
  for (let minute = 0; minute < until; minute++) {
    const t = MIDNIGHT + minute * MINUTE
    const [mean, air] = life(minute)
    // somebody takes out what four give off, and the instrument is off by a ppm
    held += (mean - 4) * breath
    const zones = [{ co2: held / VOLUME + normal(), volume: VOLUME }]
    note(balance, Math.floor(t / MINUTE), { zones, due: 0, running: 0, air: air + 0.005 * normal() })
    const common = { kind: 'crew-load', label: 'People', unit: '1', sd: 0.4, p05: mean, p95: mean } as const
    const present: Parameter = { id: 'crew-present', ...common, mean, prior: { mean: 4, sd: 2 } }
    const context = { standing, timezone: 'UTC', memory, balance, breath, volume: VOLUME, told: true }
    checkCompany(t, present, context)
    for (const { active, text } of standing.take()) said.push({ at: minute, active, text })
  }
  return said
}

/** Two people more, in the afternoon of the second day, for three hours. */
const visit = 37 * HOUR
const inside = (minute: number) => minute >= visit && minute < visit + 3 * HOUR

describe('company', () => {
  it('says nothing of sleep, waking and exercise', () => {
    assert.deepEqual(told(ordinary), [])
  })

  it('tells of two who come within half an hour, and when they have gone', () => {
    const said = told((minute) => {
      const [people, air] = ordinary(minute)
      return inside(minute) ? [people + 2, air + 0.07] : [people, air]
    })
    const [first] = said
    assert.ok(first?.active && first.at - visit <= 30, JSON.stringify(first))
    assert.match(first.text, /^Two people more than before: .* up from 4\.\d to 6\.\d persons since 1[23]:[05]\d$/)
    const last = said.at(-1)
    assert.ok(last && !last.active && last.at > visit + 3 * HOUR && last.at < visit + 4 * HOUR, JSON.stringify(last))
    assert.equal(last.text, 'As many people as before')
  })

  it('does not take it for people where CO2 rises but the air does not warm', () => {
    const said = told((minute) => {
      const [people, air] = ordinary(minute)
      return inside(minute) ? [people + 2, air] : [people, air]
    })
    assert.deepEqual(said, [])
  })

  it('does not take it for people where air warms more than they could warm it', () => {
    const said = told((minute) => {
      const [people, air] = ordinary(minute)
      return inside(minute) ? [people + 2, air + 3] : [people, air]
    })
    assert.deepEqual(said, [])
  })

  it('knows who is there by CO2 alone where nobody measures the temperature', () => {
    const said = told((minute) => [ordinary(minute)[0] + (inside(minute) ? 2 : 0), Number.NaN])
    assert.ok(said[0]?.active)
  })

  it('has nothing to compare with on the first day', () => {
    const said = told((minute) => [minute > 10 * HOUR ? 6 : 4, Number.NaN], 20 * HOUR)
    assert.deepEqual(said, [])
  })

  it('somebody who stays is family after a day', () => {
    const said = told((minute) => {
      const [people, air] = ordinary(minute)
      return minute >= visit ? [people + 2, air + 0.07] : [people, air]
    }, 72 * HOUR)
    assert.deepEqual(said.slice(1), [{ at: said[1]?.at, active: false, text: 'So many people count as usual now' }])
  })
})
