import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HabtwinError, type Report } from '@habtwin/contract'
import type { InjectOptions } from 'fastify'
import { buildApp, type HttpOptions } from './server.ts'
import { habitat, NOW } from './support.ts'

const HOUR = 3_600_000
const made: Report = {
  habitat: { id: 'demo', label: 'Demo', timezone: 'UTC', simulated: true },
  zones: { crew: 'Crew quarters' },
  day: { key: 'sol-2', sol: 2, date: '2026-11-20', from: NOW - HOUR, to: NOW + HOUR, state: 'running', until: NOW },
  made: NOW,
  power: { total: { used: 1, solar: null, grid: null, charged: null, discharged: null }, meters: [], batteries: [] },
  water: [],
  air: [],
  byHand: [],
  forecasts: [],
  alerts: [],
  events: [],
  data: [],
  texts: { summary: 'Quiet.', power: '', water: '', air: '', forecasts: '', alerts: '', events: '', data: '' },
  versions: [{ version: 1, by: 'Ada', saved: NOW }],
}

/** Asks, and tells what of the reports was asked. */
async function ask(request: string | InjectOptions) {
  const asked: unknown[] = []
  const reports: HttpOptions['reports'] = {
    report: async (day, version) => {
      asked.push([day, version])
      return made
    },
    save: (day, words) => {
      asked.push([day, words])
      if (words.after !== 1) throw new HabtwinError('report/conflict', 'Ada saved version 1 of it')
      return made
    },
  }
  using demo = habitat({ reports })
  const app = await buildApp(demo.options)
  const full = typeof request === 'string' ? { url: request } : request
  const answer = await app.inject({ ...full, headers: { host: '127.0.0.1:8080', ...full.headers } })
  await app.close()
  return { answer, asked }
}

test('a report comes as JSON, Markdown or CSV, by `format` or by what is accepted', async () => {
  for (const [url, accept, type, begin] of [
    ['/api/report', '*/*', 'application/json', '{"habitat"'],
    ['/api/report', 'text/markdown', 'text/markdown', '# Daily operations report: Sol 2'],
    ['/api/report', 'text/html, text/csv;q=0.9, */*', 'text/csv', 'section,zone'],
    ['/api/report?format=md', 'application/json', 'text/markdown', '# Daily operations report: Sol 2'],
    ['/api/report?format=csv', '', 'text/csv', 'section,zone'],
  ] as const) {
    const { answer } = await ask({ url, headers: { accept } })
    assert.equal(answer.statusCode, 200, answer.body)
    assert.ok(String(answer.headers['content-type']).startsWith(type), `${url} ${accept}`)
    assert.ok(answer.body.startsWith(begin), answer.body.slice(0, 60))
    const file = answer.headers['content-disposition']
    assert.equal(
      file,
      type === 'application/json'
        ? undefined
        : `attachment; filename="demo-sol-2.${type.endsWith('csv') ? 'csv' : 'md'}"`,
    )
  }
})

test('a day is asked for by sol or date, and what cannot be one is refused', async () => {
  assert.deepEqual((await ask('/api/report?sol=12&version=3')).asked, [[{ sol: 12, date: undefined }, 3]])
  assert.deepEqual((await ask('/api/report?date=2026-11-20')).asked, [
    [{ sol: undefined, date: '2026-11-20' }, undefined],
  ])
  for (const search of ['sol=twelve', 'sol=1.5', 'format=pdf', 'version=0']) {
    const { answer, asked } = await ask(`/api/report?${search}`)
    assert.equal(answer.statusCode, 400, search)
    assert.deepEqual(asked, [])
  }
})

const save = (payload: object, more: InjectOptions = {}) =>
  ask({ method: 'POST', url: '/api/report', payload, ...more })

test('words are saved from this machine alone, upon the version that was seen', async () => {
  const words = { sol: 2, by: 'Bob', after: 1, texts: { summary: 'Quiet night.' } }
  const { answer, asked } = await save(words)
  assert.equal(answer.statusCode, 201)
  assert.deepEqual(asked, [
    [
      { sol: 2, date: undefined },
      { by: 'Bob', after: 1, texts: { summary: 'Quiet night.' } },
    ],
  ])
  assert.equal((await save({ ...words, after: 0 })).answer.statusCode, 409)
  assert.equal((await save(words, { remoteAddress: '192.168.1.5' })).answer.statusCode, 403)
  const { sol: _, ...dayless } = words
  for (const wrong of [
    dayless,
    { ...words, by: ' ' },
    { ...words, texts: { weather: 'x' } },
    { ...words, after: -1 },
  ]) {
    const told = await save(wrong)
    assert.equal(told.answer.statusCode, 400, JSON.stringify(wrong))
    assert.deepEqual(told.asked, [])
  }
})
