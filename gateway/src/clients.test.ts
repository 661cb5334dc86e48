import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ConnectedClients } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import { Clients } from './clients.ts'

const one = (client: string, name = 'kai') =>
  ({ client, name, role: 'crew', via: 'password', from: '192.0.2.7' }) as const

describe('who is connected', () => {
  it('is told when somebody comes or goes, with since when; not while all stay', () => {
    const clock = new TestClock(1_000)
    const told: ConnectedClients[] = []
    let there = [one('a')]
    const clients = new Clients({ connected: () => there }, clock, (what) => told.push(what))
    clients.tick()
    clients.tick()
    assert.deepEqual(told, [{ t: 1_000, count: 1, clients: [{ ...one('a'), since: 1_000 }] }])
    clock.step(5_000)
    there = [one('a'), one('b', 'pat')]
    clients.tick()
    assert.deepEqual(told[1]?.clients.map(({ name, since }) => [name, since]), [['kai', 1_000], ['pat', 6_000]]) // biome-ignore format: a list
    there = []
    clients.tick()
    assert.deepEqual([told[2]?.count, told.length], [0, 3])
  })

  it('of very many the first are listed, and all are counted', () => {
    const told: ConnectedClients[] = []
    const many = Array.from({ length: 5_000 }, (_, i) => one(`c-${i}`))
    new Clients({ connected: () => many }, new TestClock(), (what) => told.push(what)).tick()
    assert.deepEqual([told[0]?.count, told[0]?.clients.length], [5_000, 200])
  })
})
