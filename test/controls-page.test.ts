/** Switches and set-points in a real browser: what it takes to set one, and what is said of it. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { accessible, fits, launch, noBrowser, Watched } from './support/browser.ts'
import { freePorts, Line, temporaryFolder } from './support/line.ts'
import { until } from './support/until.ts'

const habitat = `${freePorts}habitat: { id: sam }
zones: { crew: { volume: 272 m3, label: Crew quarters } }
buses:
  world: { driver: virtual, remember: 0 s }
  relays: { driver: modbus-tcp, host: simulated }
devices:
  air: { zone: crew, driver: virtual, bus: world, instrument: air, every: 1 s }
  heater:
    zone: crew
    driver: relay-module
    bus: relays
    every: 1 s
    commands:
      state: { safe: 0, for: 30 min, refuse_when: [{ device: air, point: temperature, above: 45 °C, because: too hot }] }
  thermostat:
    zone: crew
    driver: modbus-tcp
    bus: relays
    unit: 2
    every: 1 s
    registers: { set-point: { address: 0, scale: 0.1, unit: Cel, label: Set-point, writable: { min: 5, max: 35 } } }
    commands: { set-point: { range: { min: 15 °C, max: 28 °C, step: 0.5 °C } } }
`

test('a switch is set by choosing and confirming, never by one touch, and is locked with the reason', {
  skip: noBrowser,
}, async () => {
  using folder = temporaryFolder()
  await using line = new Line(folder.path, habitat)
  const { panel } = await line.ready
  await using browser = await launch()
  const watched = await Watched.open(browser)
  watched.isRefused = true
  const { page } = watched
  await page.goto(`http://${panel}/`)
  const heater = page.locator('[data-control="heater/state"]')
  await page.locator('[data-control="heater/state"][data-value="0"]').waitFor()
  await page.locator('[data-control="heater/state"]:not(:has(.ct-locked))').waitFor()

  // three touches where the button was, and Enter: nothing is set
  await heater.getByRole('button').click()
  const act = page.getByTestId('control-act')
  assert.equal(await act.isDisabled(), true)
  await page.locator('[data-choice="0"] input').check()
  assert.equal(await act.textContent(), 'It is so already')
  await page.locator('[data-choice="1"] input').check()
  assert.equal(await act.isDisabled(), true, 'not without a name')
  await page.locator('dialog input[name=name]').fill('Ada')
  await page.keyboard.press('Enter')
  assert.equal(await act.textContent(), 'Switch Heater on')
  assert.equal(await page.getByTestId('control-result').textContent(), '')
  await accessible(page, ['serious', 'critical'])
  await act.click()
  await page.getByTestId('control-result').getByText('Done: Heater is on.').waitFor()
  await page.keyboard.press('Escape')
  await page.locator('[data-control="heater/state"][data-value="1"]').waitFor()
  assert.match((await heater.textContent()) ?? '', /set to on by Ada, .*back to off at .* unless it is set again/)

  // the interlock closes: on is locked with the reason, off is not
  writeFileSync(line.file, habitat.replace('above: 45 °C', 'above: 1 °C'))
  await heater.getByText(/Locked: Temperature of Air is .*, above 1 °C \(too hot\)/).waitFor()
  await heater.getByRole('button').click()
  assert.equal(await page.locator('[data-choice="1"] input').isDisabled(), true)
  await page.locator('[data-choice="0"] input').check()
  await act.click()
  await page.getByTestId('control-result').getByText('Done: Heater is off.').waitFor()
  await page.keyboard.press('Escape')

  // a set-point says what it takes before anything is sent
  await page.locator('[data-control="thermostat/set-point"]').getByRole('button').click()
  await page.locator('dialog input[name=value]').fill('21,3')
  await page.getByText('It goes in steps of 0.5 °C.').waitFor()
  assert.equal(await act.isDisabled(), true)
  await page.locator('dialog input[name=value]').fill('21,5')
  await act.click()
  await page.getByTestId('control-result').getByText('Done: Thermostat, set-point is 21.5 °C.').waitFor()
  await page.keyboard.press('Escape')

  // a faulty file is shown with its place
  writeFileSync(line.file, habitat.replace('for: 30 min', 'for: a while'))
  await page
    .getByTestId('configuration')
    .getByText(/Line \d+, column \d+: devices.heater.commands.state.for/)
    .waitFor()
  writeFileSync(line.file, habitat)
  await until(async () => (await page.getByTestId('configuration').count()) === 0, 'the end of the note')
  await fits(page)
  assert.deepEqual(watched.complaints, [])
})
