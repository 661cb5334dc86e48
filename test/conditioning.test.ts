/** What is doubted, missing, calibrated, derived or held back, from the configuration to the store and the panel. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reading } from '@habtwin/contract'
import type { Page } from 'playwright-core'
import { launch, noBrowser, Watched } from './support/browser.ts'
import { freePorts, Line, temporaryFolder } from './support/line.ts'
import { slow } from './support/servers.ts'
import { until } from './support/until.ts'

/** Steady air, so that what is told is what the conditioning makes of it. */
const habitat = `habitat: { id: believed, pressure: 879 hPa }
store: { commit: 1 s }
zones:
  crew: { volume: 272 m3, crew: 4 }
  greenhouse: { volume: 480 m3, plants: { lettuce: 10 m2 } }
buses: { hab: { driver: virtual, seed: 18, remember: 0 h } }
devices:
  crew-air:
    { zone: crew, driver: virtual, bus: hab, instrument: air, every: 1 s, label: Crew air, warmup: 1 h,
      derive: { dew-point: true, pco2: true },
      calibrate: { co2: { offset: 100000 ppb, date: 2020-01-01, by: ada, due: 180 d } } }
  crew-o2:
    { zone: crew, driver: virtual, bus: hab, instrument: o2, every: 1 s, label: Crew oxygen,
      expect: { o2: { range: [60 %, 70 %] } } }
  gh-o2: { zone: greenhouse, driver: virtual, bus: hab, instrument: o2, every: 1 s, label: Greenhouse oxygen }
  gh-air:
    { zone: greenhouse, driver: virtual, bus: hab, instrument: air, every: 500 ms, label: Greenhouse air,
      report: { co2: { deadband: 5000 ppm }, temperature: { deadband: 50 K }, humidity: { deadband: 90 % }, heartbeat: 4 s } }
  both:
    { zone: greenhouse, driver: virtual, bus: hab, instrument: light, every: 1 s, label: Lamps,
      derive: { air-in-all: { expression: "crew-air:co2 + gh-air:co2", unit: ppm, label: CO₂ of both } } }
`

interface Shown {
  readonly device: string
  readonly heartbeat?: number
  readonly points: Record<string, { unit: string; calibration?: object; derived?: string }>
  readonly last: Reading | null
}

const ask = async <T>(panel: string, path: string): Promise<T> => (await fetch(`http://${panel}/api/${path}`)).json()

test('what is written about readings is done to them, kept with them and shown', { skip: slow }, async (context) => {
  using folder = temporaryFolder()
  await using line = new Line(folder.path, freePorts + habitat)
  const { panel, gateway } = await line.ready
  const device = async (name: string) =>
    (await ask<Shown[]>(panel, 'devices')).find((one) => one.device === name) ?? assert.fail(`no ${name}`)
  const sum = (all: Shown[]) => all.find((one) => one.device === 'both')?.last?.values['air-in-all']
  await until(async () => typeof sum(await ask(panel, 'devices')) === 'number', 'a sum over two devices')

  const air = await device('crew-air')
  assert.deepEqual(air.points.co2?.calibration, { offset: 100, date: '2020-01-01', by: 'ada', due: '2020-06-29' })
  assert.deepEqual(air.points['dew-point'], { unit: 'Cel', derived: 'temperature and humidity' })
  const { values, quality } = air.last as Reading
  assert.deepEqual(Object.values(quality ?? {}), Object.keys(values).map(() => 'uncertain:warmup')) // biome-ignore format: one line
  assert.ok((values['dew-point'] as number) < (values.temperature as number))
  const oxygen = (await device('crew-o2')).last as Reading
  assert.deepEqual([oxygen.values.o2, oxygen.quality?.o2], [null, 'bad:range'])

  const quiet = await device('gh-air')
  assert.equal(quiet.heartbeat, 4_000)
  const reported = async () => {
    const text = await (await fetch(`http://${gateway}/metrics`)).text()
    const count = (name: string) =>
      Number(new RegExp(`^habtwin_device_${name}_total\\{device="gh-air"\\} (\\d+)`, 'm').exec(text)?.[1])
    return { held: count('held'), told: count('samples') - count('held') }
  }
  await until(async () => (await reported()).held > 20, 'readings that are held back')
  const numbered = async () => (await device('gh-air')).last?.n ?? 0
  const before = await numbered()
  const { told } = await reported()
  assert.ok(told >= before, `${told} were told, and ${before} numbered`)
  await until(async () => (await numbered()) >= told, 'a number for each that was told')

  if (noBrowser) return context.diagnostic(noBrowser)
  await using browser = await launch()
  const { page } = await Watched.open(browser, { width: 1280, height: 720 })
  await page.goto(`http://${panel}/`)
  await tellsApart(page)
})

async function tellsApart(page: Page): Promise<void> {
  const row = (device: string, state: string) => page.locator(`tr[data-device=${device}][data-state="${state}"]`)
  await row('crew-air', 'uncertain').getByText('warming up').waitFor()
  await row('crew-air', 'uncertain').getByText('CO₂ calibrated 2020-01-01 by ada').waitFor()
  await row('crew-air', 'uncertain').getByText('CO₂: calibration was due 2020-06-29').waitFor()
  await row('crew-o2', 'no value').getByText('O₂: out of range').waitFor()
  await row('gh-air', 'ok').getByText('on change, or each 4 s').waitFor()
  await page.locator('button[data-zone=crew][data-quantity=co2][data-standing=uncertain]').waitFor()
  await page.locator('button[data-zone=crew][data-quantity=o2][data-standing=bad]').waitFor()
}
