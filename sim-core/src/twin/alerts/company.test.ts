import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Parameter } from '@habtwin/contract'
import { type CompanyMemory, checkCompany, newCompanyMemory } from './company.ts'
import { Standing } from './standing.ts'

const MINUTE = 60_000
const HOUR = 60
const MIDNIGHT = Date.UTC(2026, 10, 20)

/** Count and °C, by minute. */
type Life = (minute: number) => readonly [people: number, air: number]

/** Four people: asleep until seven, an hour of exercise, of one after the other, from five in the afternoon on. */
const ordinary: Life = (minute) => {
  const hour = (minute / HOUR) % 24
  const asleep = hour < 7 || hour >= 23
  const exercise = hour >= 17 && hour < 18 ? 5.9 : 0
  const noise = 0.3 * Math.sin(minute * 12.9898)
  return [(asleep ? 2.5 : 4) + exercise + noise, 22 + 0.3 * Math.sin((hour / 12) * Math.PI)]
}

/** What is said in two days of a life, and when, minutes. */
function told(life: Life, memory: CompanyMemory = newCompanyMemory(), standing = new Standing(), until = 48 * HOUR) {
  const said: { at: number; active: boolean; text: string }[] = []
  for (let minute = 0; minute < until; minute++) {
    const [mean, air] = life(minute)
    const common = { kind: 'crew-load', label: 'People', unit: '1', sd: 0.4, p05: mean, p95: mean } as const
    const present: Parameter = { id: 'crew-present', ...common, mean, prior: { mean: 4, sd: 2 } }
    checkCompany(MIDNIGHT + minute * MINUTE, present, air, { standing, timezone: 'UTC', memory })
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
    assert.match(first.text, /^Two people more than before: .* since 13:0\d$/)
    const last = said.at(-1)
    assert.ok(last && !last.active && last.at > visit + 3 * HOUR && last.at < visit + 4 * HOUR, JSON.stringify(last))
  })

  it('does not take it for people where CO2 rises but the air does not warm', () => {
    const said = told((minute) => {
      const [people, air] = ordinary(minute)
      return inside(minute) ? [people + 2, air] : [people, air]
    })
    assert.deepEqual(said, [])
  })

  it('knows who is there by CO2 alone where nobody measures the temperature', () => {
    const said = told((minute) => [ordinary(minute)[0] + (inside(minute) ? 2 : 0), Number.NaN])
    assert.ok(said[0]?.active)
  })

  it('has nothing to compare with on the first morning', () => {
    const said = told(
      (minute) => [minute > 10 * HOUR ? 6 : 4, Number.NaN],
      newCompanyMemory(),
      new Standing(),
      12 * HOUR,
    )
    assert.deepEqual(said, [])
  })
})
