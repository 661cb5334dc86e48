import assert from 'node:assert/strict'
import { it } from 'node:test'
import { HabtwinError } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import { Teller } from './tell.ts'

it('what strangers try is told to the gateway, thirty times a minute at most, and never while it is away', () => {
  const clock = new TestClock()
  const said: [string, { value: string; by: string }][] = []
  const link = {
    up: true,
    publish: (topic: string, payload: string | Uint8Array) => {
      said.push([topic, JSON.parse(String(payload))])
      return Promise.reject(new HabtwinError('link/unavailable', 'it went just now'))
    },
  }
  const teller = new Teller({ habitat: 'sam', link, clock })
  for (let i = 0; i < 50; i++) teller.tell('refused', 'POST /api/commands', 'guest')
  assert.equal(said.length, 30)
  const [first] = said
  assert.deepEqual([first?.[0], first?.[1].value, first?.[1].by], ['hab/sam/command/access/refused', 'POST /api/commands', 'guest']) // biome-ignore format: one thought
  clock.skip(60_000)
  teller.tell('login', '', 'kai')
  assert.equal(said.length, 31)
  link.up = false
  teller.tell('login', '', 'kai')
  assert.equal(said.length, 31)
})
