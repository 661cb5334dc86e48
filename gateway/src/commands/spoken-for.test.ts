import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Command } from '@habtwin/contract'
import { isAfar, spokenFor } from './afar.ts'

const command: Command = { id: 'c', value: 1, by: 'houston', expires: 1 }

it('sim says for whom it speaks; nobody else is believed to speak for another', () => {
  const sim = { role: 'service', clientId: 'sim-1' }
  const viewer = { role: 'viewer', clientId: 'x' }
  const asked = { ...command, role: 'mission-control' }
  assert.deepEqual(spokenFor(sim, asked), { ...sim, role: 'mission-control', user: 'houston' })
  assert.ok(isAfar(spokenFor(sim, asked)), 'mission control at the panel of the habitat waits for the crew as well')
  assert.equal(spokenFor(sim, command), sim)
  assert.equal(spokenFor(viewer, { ...command, role: 'crew' }), viewer)
  assert.equal(spokenFor(undefined, asked), undefined)
})
