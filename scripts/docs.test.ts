/** What the pages say can be done is done here. */
import assert from 'node:assert/strict'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Driver } from '@habtwin/gateway/drivers/driver'
import { registry } from '@habtwin/gateway/drivers/registry.generated'
import { TestClock } from '@habtwin/runtime/clock'
import { parseConfig, parseTree } from '@habtwin/runtime/config/load'
import { receiveSchema } from '@habtwin/runtime/config/receive'
import type { AgentClass } from '@habtwin/sim-core/engine/agents/agent-class'
import { conforms } from '@habtwin/sim-core/engine/agents/conformance'
import { classes } from '@habtwin/sim-core/engine/agents/index'
import { columnName, compile, Run } from '@habtwin/sim-core/engine/index'
import { agent, flow, model } from '@habtwin/sim-core/engine/testing/habitat'
import { readScenario, resolve } from '@habtwin/sim-core/scenario/index'
import { readConfig } from '../cli/src/backtest/config.ts'

const root = join(import.meta.dirname, '..')
const pages = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root })].sort()
const read = (page: string) => readFileSync(join(root, page), 'utf8')

/** The blocks of a page in one language. */
function blocks(page: string, language: string): string[] {
  const fenced = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms')
  return [...read(page).matchAll(fenced)].map(([, text]) => text ?? '')
}

for (const page of pages) {
  test(`${page} links only to what is there`, () => {
    for (const [, target] of read(page).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
      assert.ok(existsSync(join(root, dirname(page), target ?? '')), `${target} is not there`)
    }
  })
}

const SCENARIOS = 'docs/scenarios.md'

test(`every scenario in ${SCENARIOS} can be run`, () => {
  const scenarios = blocks(SCENARIOS, 'yaml')
  assert.ok(scenarios.length > 0)
  for (const text of scenarios) assert.ok(resolve(readScenario(text)).agents.length > 0)
})

const BACKTEST = 'docs/backtest.md'

test(`every description of a recording in ${BACKTEST} can be read`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'habtwin-docs-'))
  try {
    const path = join(folder, 'recording.yaml')
    for (const text of blocks(BACKTEST, 'yaml')) {
      writeFileSync(path, text)
      assert.deepEqual(readConfig(path).notes, [])
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

// entries to paste beside zones of one's own: scripts/devices.test.ts tries them
const DEVICES = 'docs/devices.md'
const MISSION = 'docs/mission-control.md'
const others = new Set([SCENARIOS, BACKTEST, DEVICES, MISSION])

test(`every configuration in ${MISSION} can be used, on its side of the link`, async () => {
  const drivers = await Promise.all(Object.values(registry).map((load) => load()))
  for (const text of blocks(MISSION, 'yaml')) {
    if (/^receive:/m.test(text)) parseTree(receiveSchema, text, MISSION, {})
    else parseConfig(text, MISSION, drivers, {})
  }
})

for (const page of pages.filter((page) => !others.has(page) && blocks(page, 'yaml').length > 0)) {
  test(`every configuration in ${page} can be used`, async () => {
    const drivers = await Promise.all(Object.values(registry).map((load) => load()))
    for (const text of blocks(page, 'yaml')) parseConfig(text, page, drivers, {})
  })
}

test('the driver in docs/adding-a-sensor.md reads its instrument', async () => {
  const [source] = blocks('docs/adding-a-sensor.md', 'ts')
  const driver = await load<Driver>(source ?? '', 'gateway/src/drivers/')
  const folder = mkdtempSync(join(tmpdir(), 'habtwin-docs-'))
  try {
    const path = join(folder, 'temperature')
    writeFileSync(path, '21437\n')
    const { signal } = new AbortController()
    await using instrument = await driver.open({
      id: 'wire',
      zone: 'crew',
      every: 10_000,
      options: driver.options.parse({ path }),
      bus: { async [Symbol.asyncDispose]() {} },
      clock: new TestClock(),
      habitat: { pressure: 1013.25, timezone: 'UTC', zones: {} },
      nearby: () => undefined,
      report: () => assert.fail('nothing to report'),
      signal,
    })
    assert.deepEqual(await instrument.read?.(signal), { values: { temperature: 21.437 } })
    writeFileSync(path, '85000\n')
    assert.deepEqual(await instrument.read?.(signal), { values: { temperature: null } })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('the Modbus device in docs/adding-a-sensor.md is read by what it says of itself', async () => {
  const [source] = blocks('docs/adding-a-sensor.md', 'js')
  const driver = await load<Driver>(source ?? '', 'gateway/src/drivers/')
  const options = driver.options.parse({ unit: 9 })
  const { points } = driver.describe(options, undefined, 10_000)
  assert.deepEqual(Object.keys(points), ['co2', 'temperature'])
  const air = (point: string) => (point === 'co2' ? 812 : 21.4)
  const standIn = driver.standIn?.(options, air) as { answer(question: Buffer): Buffer } | undefined
  // function 4, six registers from 0; the answer says how many bytes follow
  const words = standIn?.answer(Buffer.of(4, 0, 0, 0, 6))
  assert.deepEqual([words?.[1], words?.readUInt16BE(2 + 6), words?.readInt16BE(2 + 10)], [12, 812, 214])
  const bus = { options: { baud: 9_600, parity: 'none', dataBits: 8, stopBits: 1 }, devices: [] }
  // one request: the status, CO2 and the temperature lie near enough
  assert.equal(Math.round(driver.airtime?.(options, bus) ?? 0), Math.round(((8 + 5 + 12) * 10) / 9.6 + 2 * 4.01))
})

const AGENTS = 'docs/adding-an-agent-class.md'
const battery = await load<AgentClass>(blocks(AGENTS, 'ts')[0] ?? '', 'sim-core/src/engine/agents/')
// as if it were registered
;(classes as Map<string, AgentClass>).set(battery.name, battery)

conforms(battery, () => ({
  agent: agent('battery', { class: 'battery', properties: { leak: 0.001 }, capacity: { kwh: 100 } }),
  others: [
    agent('panel', {
      flows: [flow('out', 'kwh', 3, { connections: ['battery'], growth: [{ by: 'daily', type: 'norm' }] })],
    }),
    agent('heater', { flows: [flow('in', 'kwh', 1, { connections: ['battery'] })] }),
  ],
}))

test(`the class in ${AGENTS} empties by itself`, () => {
  const full = { properties: { leak: 0.5 }, capacity: { kwh: 8 }, storage: { kwh: 8 } }
  const run = new Run(compile(model([agent('battery', { class: 'battery', ...full })], { steps: 2 })))
  run.advance(2)
  const { rows = 0, values = [] } = run.take() ?? {}
  const charge = run.columns.findIndex((column) => columnName(column) === 'battery.attribute.charge')
  assert.deepEqual([...values.slice(charge * rows, (charge + 1) * rows)], [0.5, 0.25])
})

/** A module from its text, as if it lay in a folder. */
async function load<Module>(source: string, place: string): Promise<Module> {
  const folder = pathToFileURL(join(root, place)).href
  const absolute = stripTypeScriptTypes(source).replaceAll(/from '([^':]+)'/g, (_, name: string) =>
    name.startsWith('.') ? `from '${new URL(name, folder)}'` : `from '${import.meta.resolve(name)}'`,
  )
  const module: { default: Module } = await import(`data:text/javascript,${encodeURIComponent(absolute)}`)
  return module.default
}
