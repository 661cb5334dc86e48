/** A configuration that is changed under a running line: what changes, and that nothing is lost by it. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { habtwin, Line, steadyPorts, temporaryFolder } from './support/line.ts'
import { until } from './support/until.ts'

const habitat = `habitat: { id: sam }
zones: { crew: { label: Crew quarters, volume: 272 m3 } }
store: { commit: 1 s }
buses:
  one: { driver: virtual, seed: 1, remember: 0 s }
  two: { driver: virtual, seed: 2, remember: 0 s }
devices:
  air: { zone: crew, driver: virtual, bus: one, instrument: air, every: 200 ms }
  o2: { zone: crew, driver: virtual, bus: two, instrument: o2, every: 1 s }
`

test('devices come and go, sim begins anew with other zones, and not one reading of a neighbour is lost', async () => {
  using folder = temporaryFolder()
  const ports = await steadyPorts()
  await using line = new Line(folder.path, ports + habitat)
  const { panel, gateway } = await line.ready
  const get = async (path: string) => (await fetch(`http://${panel}${path}`)).json()
  const devices = async (): Promise<string[]> =>
    (await get('/api/devices').catch(() => [])).flatMap(({ device, last }: { device: string; last: unknown }) => (last ? [device] : [])) // biome-ignore format: one line
  const change = (text: string) => writeFileSync(line.file, ports + text)
  await until(async () => (await devices()).length === 2, 'readings of both')
  const sim = line.pid('sim')

  const other = habitat.replace('  o2: {', '  light: { zone: crew, driver: virtual, bus: two, instrument: light, every: 1 s }\n  o2: {') // biome-ignore format: one line
  change(other)
  await until(async () => (await devices()).includes('light'), 'the new device')
  change(habitat.replace(/ {2}o2: .*\n/, '  light: { zone: crew, driver: virtual, bus: two, instrument: light, every: 1 s }\n')) // biome-ignore format: one line
  await until(async () => !(await devices()).includes('o2'), 'the end of the old one')

  change(habitat.replace('Crew quarters', 'Bunks'))
  await until(async () => (await get('/api/about').catch(() => undefined))?.zones.crew.label === 'Bunks', 'the label')
  assert.equal(line.pid('sim'), sim, 'sim began anew in the same process')

  // SIGHUP to the whole has the file read, and ends nothing, though it is just being written
  writeFileSync(line.file, '')
  line.signal('SIGHUP')
  change('habitat: { id: [')
  const metrics = async () => (await fetch(`http://${gateway}/metrics`)).text()
  await until(async () => /habtwin_config_faults [1-9]/.test(await metrics()), 'the fault in the metrics')
  change(habitat.replace('Crew quarters', 'Bunks'))
  await until(async () => /habtwin_config_faults 0/.test(await metrics()), 'the end of the fault')

  type Complete = { device: string; taken: number; stored: number; gaps: unknown[] }
  const air = async (): Promise<Complete> => (await get('/api/completeness')).find(({ device }: Complete) => device === 'air') // biome-ignore format: one line
  const before = (await air()).taken
  await until(async () => (await air()).taken > before + 10, 'it goes on')
  // what is taken and what is durable are counted a moment apart
  await until(async () => {
    const { taken, stored } = await air()
    return taken === stored
  }, 'all that was taken being stored')
  assert.deepEqual((await air()).gaps, [])
  assert.match(await metrics(), /habtwin_device_failures_total\{device="air"\} 0\n/)
  await line.stop()
  assert.equal((await habtwin('audit', 'verify', '--data', line.data)).status, 0)
})

test('what a change would do is told before it is made', async () => {
  using folder = temporaryFolder()
  const [now, changed] = [`${folder.path}/now.yaml`, `${folder.path}/changed.yaml`]
  writeFileSync(now, habitat)
  writeFileSync(changed, habitat.replace('every: 1 s', 'every: 2 s').replace('id: sam', 'id: eve').replace('272', '300')) // biome-ignore format: one line
  const { out, status } = await habtwin('check', now, '--diff', changed)
  assert.equal(
    out,
    `a reload would bring:
  habitat.id: sam → eve (needs a restart of the gateway)
  zones.crew.volume: 272 m3 → 300 m3 (sim begins anew; nothing is lost)
  devices.o2.every: 1 s → 2 s
  devices started again: o2
  buses closed or opened again: two
`,
  )
  assert.equal(status, 0)
  writeFileSync(changed, habitat.replace('every: 1 s', 'every: 1'))
  const bad = await habtwin('check', now, '--diff', changed)
  assert.equal(bad.status, 1)
  assert.match(bad.out, /changed\.yaml:9:\d+ devices\.o2\.every/)
})
