/** The twin is asked how the habitat stands: figures of what it says, and of what only its model knows. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Figures } from '../figures.ts'
import { TwinHost } from './host.ts'
import type { Told, TwinConfig } from './words.ts'

const MINUTE = 60_000
const START = 29_700_000 * MINUTE

function configOf(zones: TwinConfig['zones']): TwinConfig {
  return {
    habitat: { id: 'h', label: 'H', pressure: 900, timezone: 'UTC' },
    zones,
    plan: { wake: 7, sleep: 23, switches: [] },
    devices: {},
  }
}

const zone = { label: 'Room', limits: {} }

/** A twin that has heard a room for some minutes. */
async function heard(zones: TwinConfig['zones'], minutes: number): Promise<(id: number) => Told> {
  const told: Told[] = []
  const later: (() => void)[] = []
  const host = new TwinHost(
    { config: configOf(zones), version: '1' },
    { tell: (one) => void told.push(one), soon: (call) => void later.push(call), mono: () => 0 },
  )
  host.hear({ made: new Map() })
  for (let i = 0; i < minutes; i++) {
    const t = START + i * MINUTE + 30_000
    const sums = Object.entries({ co2: 800 + i, temperature: 21, pressure: 893 }).map(([point, value]) => {
      return { device: `air-${point}`, zone: 'room', point, t, sum: value, n: 1, trust: 'good' as const }
    })
    host.hear({ sums })
    host.hear({ now: START + (i + 2) * MINUTE, guard: [] })
    for (let call = later.shift(); call !== undefined; call = later.shift()) call()
  }
  return (id) => {
    host.hear({ id, figures: true })
    const answer = told.find((one) => 'id' in one && one.id === id)
    assert.ok(answer)
    return answer
  }
}

test('it tells each zone as the twin says it, what nobody measures as its model has it, and its parameters', async () => {
  const ask = await heard({ room: { ...zone, volume: 80, crew: 2 } }, 12)
  const answer = ask(1)
  assert.ok('result' in answer)
  const { t, zones, parameters } = answer.result as Figures
  assert.equal(t, START + 12 * MINUTE)
  const { co2 = 0, pressure = 0, o2 = 0, temperature = 0 } = zones.room ?? {}
  assert.ok(Math.abs(co2 - 811) < 5, `CO2 ${co2}`)
  assert.ok(Math.abs(pressure - 893) < 1, `pressure ${pressure}`)
  assert.ok(Math.abs(temperature - 21) < 0.5, `temperature ${temperature}`)
  assert.ok(o2 > 18 && o2 < 22, `O2, of which there is no instrument: ${o2}`)
  assert.ok(parameters.some(({ id }) => id === 'crew-load'))
})

test('of a room of which nothing is told, and before the first minute, there is no model', async () => {
  const code = (told: Told) => ('error' in told ? told.error.code : undefined)
  assert.equal(code((await heard({ room: zone }, 3))(1)), 'twin/no-model')
  assert.equal(code((await heard({ room: { ...zone, volume: 80 } }, 0))(1)), 'twin/no-model')
})
