import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HabtwinError, type LoggedEvent } from '@habtwin/contract'
import type { InjectOptions } from 'fastify'
import type { HttpOptions } from './server.ts'
import { buildApp } from './server.ts'
import { habitat, NOW } from './support.ts'

async function ask(request: InjectOptions, change: Partial<HttpOptions> = {}) {
  using made = habitat(change)
  const app = await buildApp(made.options)
  const answer = await app.inject({ ...request, headers: { host: '127.0.0.1:8080', ...request.headers } })
  await app.close()
  return { answer, events: made.asked.events, body: () => answer.json() }
}

const post = (payload: object, more: InjectOptions = {}): InjectOptions => ({
  method: 'POST',
  url: '/api/events',
  payload,
  ...more,
})

/** The event as it was logged. */
async function logged(payload: object): Promise<LoggedEvent> {
  const { answer, body } = await ask(post({ by: 'Ada', ...payload }))
  assert.equal(answer.statusCode, 201, answer.body)
  return body()
}

test('an event that says no more is of now, and has a name of its own', async () => {
  const { id, ...rest } = await logged({ kind: 'hatch', zone: 'crew', value: 1 })
  assert.deepEqual(rest, { kind: 'hatch', t: NOW, by: 'Ada', zone: 'crew', value: 1 })
  assert.match(id, /^[0-9a-f-]{36}$/)
  assert.equal((await logged({ kind: 'note', text: ' hello ', id: 'mine' })).id, 'mine')
})

test('each kind is kept in one form, whatever units it came in', async () => {
  for (const [said, value, unit] of [
    [{ kind: 'blower', zone: 'crew', value: 500, unit: 'L/min' }, 30, 'm3/h'],
    [{ kind: 'valve', zone: 'crew', value: 0 }, 0, undefined],
    [{ kind: 'manual', point: 'temperature', value: 68, unit: '°F' }, 20, 'Cel'],
    [{ kind: 'manual', point: 'energy', value: 1500, unit: 'Wh' }, 1.5, 'kW.h'],
    [{ kind: 'manual', point: 'co2', value: 0.879, unit: 'hPa' }, 1000, '[ppm]'],
    [{ kind: 'manual', point: 'humidity', value: 41 }, 41, '%'],
    [{ kind: 'manual', point: 'rain', value: 12, unit: 'L' }, 12, 'L'],
    [{ kind: 'eva' }, 1, undefined],
    [{ kind: 'exercise', zone: 'crew', value: 0 }, 0, undefined],
    [{ kind: 'crew', zone: 'greenhouse', value: 3 }, 3, undefined],
  ] as const) {
    const event = await logged(said)
    assert.deepEqual([event.value, event.unit], [value, unit], JSON.stringify(said))
  }
})

test('the past may be told, the future may not', async () => {
  const t = NOW - 86_400_000
  assert.equal((await logged({ kind: 'note', text: 'x', t })).t, t)
  assert.equal((await logged({ kind: 'note', text: 'x', t: '2026-11-19T12:00:00Z' })).t, t)
  assert.equal((await logged({ kind: 'note', text: 'x', t: NOW + 60_000 })).t, NOW + 60_000)
  for (const wrong of [NOW + 600_000, NOW / 1000, Number.MAX_VALUE]) {
    const { answer } = await ask(post({ by: 'Ada', kind: 'note', text: 'x', t: wrong }))
    assert.equal(answer.statusCode, 400, String(wrong))
    assert.match(answer.json().detail, /^t: /)
  }
})

test('what a kind lacks, or cannot be, is told by the name of its field', async () => {
  for (const [said, field] of [
    [{ kind: 'crew', zone: 'crew', value: 1.5 }, 'value'],
    [{ kind: 'crew', zone: 'crew', value: -1 }, 'value'],
    [{ kind: 'crew', zone: 'crew' }, 'value'],
    [{ kind: 'crew', value: 1 }, 'zone'],
    [{ kind: 'crew', zone: 'attic', value: 1 }, 'zone'],
    [{ kind: 'hatch', zone: 'crew', value: 2 }, 'value'],
    [{ kind: 'hatch', zone: 'crew', to: 'crew', value: 1 }, 'to'],
    [{ kind: 'hatch', zone: 'crew', to: 'attic', value: 1 }, 'to'],
    [{ kind: 'eva', to: 'crew', value: 1 }, 'to'],
    [{ kind: 'blower', zone: 'crew', value: 30 }, 'value'],
    [{ kind: 'blower', zone: 'crew', value: 30, unit: 'kg' }, 'unit'],
    [{ kind: 'valve', zone: 'crew', value: -30, unit: 'm3/h' }, 'value'],
    [{ kind: 'manual', value: 3 }, 'point'],
    [{ kind: 'manual', point: 'rain', value: 3 }, 'unit'],
    [{ kind: 'manual', point: 'rain', value: 3, unit: 'cubits' }, 'unit'],
    [{ kind: 'manual', point: 'o2', value: 209_000 }, 'value'],
    [{ kind: 'note' }, 'text'],
    [{ kind: 'note', text: '   ' }, 'text'],
    [{ kind: 'note', text: 'x', value: 1 }, 'value'],
    [{ kind: 'crew', zone: 'crew', value: 1, unit: 'kg' }, 'unit'],
    [{ kind: 'party' }, 'kind'],
    [{ kind: 'note', text: 'x', colour: 'red' }, 'colour'],
    [{ kind: 'note', text: 'x', by: '  ' }, 'by'],
  ] as const) {
    const { answer, events } = await ask(post({ by: 'Ada', ...said }))
    assert.equal(answer.statusCode, 400, JSON.stringify(said))
    assert.match(answer.json().detail, new RegExp(field), JSON.stringify(said))
    assert.deepEqual(events, [])
  }
})

test('only this machine itself may log', async () => {
  const said = { kind: 'note', text: 'x', by: 'Mallory' }
  const afar = await ask(post(said, { remoteAddress: '192.168.1.5' }))
  assert.equal(afar.answer.statusCode, 403)
  const proxied = await ask(post(said, { headers: { 'x-forwarded-for': '127.0.0.1' } }))
  assert.equal(proxied.answer.statusCode, 403)
  assert.deepEqual([...afar.events, ...proxied.events], [])
})

test('what the disk has not yet is accepted, and an absent gateway is told as a problem', async () => {
  using made = habitat()
  const { options } = made
  const event = { by: 'Ada', kind: 'note', text: 'x' }
  const held = await ask(post(event), {
    events: { ...options.events, log: async (event) => ({ event, stored: false }) },
  })
  assert.equal(held.answer.statusCode, 202)
  const away = await ask(post(event), {
    events: {
      ...options.events,
      log: () => Promise.reject(new HabtwinError('link/unavailable', 'the gateway is not connected')),
    },
  })
  assert.equal(away.answer.statusCode, 503)
  assert.equal(away.answer.json().code, 'link/unavailable')
})
