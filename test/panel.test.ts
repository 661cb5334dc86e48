/** The panel in a real browser, on the demo habitat. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { accessible, fits, launch, noBrowser, Watched } from './support/browser.ts'
import { demoHabitat, Line, steadyPorts, temporaryFolder } from './support/line.ts'
import { LONG, until } from './support/until.ts'

const MOSQUITTO = '/usr/bin/mosquitto_sub'
const panelFigure = (zone: string, quantity: string) => `button[data-zone=${zone}][data-quantity=${quantity}]`

test('the panel shows the demo live, takes disturbances and acknowledgements, and outlives a kill of sim', {
  skip: noBrowser,
}, async () => {
  using folder = temporaryFolder()
  await using line = new Line(folder.path, `${await steadyPorts()}store: { commit: 1 s }\n${demoHabitat('6 h')}`)
  const { panel } = await line.ready
  await using browser = await launch()
  const watched = await Watched.open(browser, { width: 820, height: 1180 })
  const { page } = watched
  await page.goto(`http://${panel}/`)

  await figures(page)
  await chart(page)
  await accessible(page, ['serious', 'critical'])
  await disturbance(page)
  await alert(page)
  const copied = await page.getByTestId('subscribe').textContent()
  await listensAlong(copied ?? '')

  watched.isRefused = true
  // looked for from before on: it may not last
  const lost = page.locator('[data-testid=connection]:not([data-connection=live])').waitFor()
  line.kill('sim')
  await lost
  await page.locator('[data-testid=connection][data-connection=live]').waitFor()
  await changes(page, panelFigure('crew', 'co2'))

  assert.deepEqual([...watched.hosts], [panel], 'nothing is asked of any other host')
  assert.deepEqual(watched.complaints, [])
})

async function figures(page: Page): Promise<void> {
  await page.getByTestId('headline').waitFor()
  assert.match((await page.getByTestId('ribbon').textContent()) ?? '', /SIMULATED/)
  for (const zone of ['crew', 'greenhouse']) {
    for (const quantity of ['co2', 'o2', 'temperature', 'humidity']) {
      await page.locator(`${panelFigure(zone, quantity)}[data-standing=good]`).waitFor()
      assert.match((await page.locator(panelFigure(zone, quantity)).textContent()) ?? '', /\d/)
    }
  }
  await page.locator('[data-testid=connection][data-connection=live]').waitFor()
  await changes(page, panelFigure('crew', 'co2'))
  assert.ok((await page.getByTestId('devices').locator('tbody tr').count()) >= 11)
  await fits(page)
}

/** Waits until a figure shows something else than now. */
async function changes(page: Page, selector: string): Promise<void> {
  const before = await page.locator(selector).textContent()
  await until(async () => (await page.locator(selector).textContent()) !== before, `${selector} changes`)
}

async function chart(page: Page): Promise<void> {
  await page.getByTestId('chart').locator('canvas').first().waitFor()
  // what it says to those who cannot see it: the past of a day, and what is to come
  const said = () => page.getByTestId('chart').getAttribute('aria-label')
  await until(async () => !/no readings/.test((await said()) ?? 'no readings'), 'the past is drawn')
  await page.getByTestId('legend').getByText('90 % band').waitFor()
}

async function disturbance(page: Page): Promise<void> {
  const scrubber = page.locator('fieldset[data-disturb=scrubber]')
  await scrubber.locator('button[data-value=failed]').click()
  await page.locator('fieldset[data-disturb=scrubber][data-value=failed]').waitFor()
  await scrubber.locator('button[data-value=auto]').click()
  await page.locator('fieldset[data-disturb=scrubber][data-value=auto]').waitFor()
}

async function alert(page: Page): Promise<void> {
  await page.locator('fieldset[data-disturb=unplug] select').selectOption('crew-o2')
  const raised = page
    .locator('li[data-alert]')
    .filter({ hasText: /oxygen|crew-o2/i })
    .first()
  await raised.waitFor()
  assert.match((await raised.getAttribute('data-level')) ?? '', /^(emergency|warning|caution|advisory)$/)
  const checklist = raised.getByRole('button', { name: 'Checklist' })
  if ((await checklist.count()) > 0) {
    await checklist.click()
    await page.getByTestId('checklist').locator('li').first().waitFor()
    await page.keyboard.press('Escape')
    await page.getByTestId('checklist').waitFor({ state: 'detached' })
  }
  await raised.getByRole('button', { name: /^Acknowledge/ }).click()
  await page.locator('dialog input[name=name]').fill('Ada')
  await page.locator('dialog button.primary').click()
  await page.getByText('acknowledged by Ada').first().waitFor()
  await page.locator('fieldset[data-disturb=unplug] select').selectOption('none')
}

/** Runs what a person would paste into a terminal, until the first message. */
async function listensAlong(line: string): Promise<void> {
  if (!existsSync(MOSQUITTO)) {
    if (process.env.CI) throw new Error(`${MOSQUITTO} is not installed`)
    return
  }
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
  assert.equal(words[0], 'mosquitto_sub')
  const { stdout } = await promisify(execFile)(MOSQUITTO, [...words.slice(1), '-C', '1', '-W', `${LONG / 1_000}`])
  assert.match(stdout, /^hab\/demo\/device\/[a-z0-9-]+\/reading \{/)
}
