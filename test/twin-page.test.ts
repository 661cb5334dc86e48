/** What the panel shows of the twin, in a real browser, on the demo habitat: outlook, forecasts, scores, what-if. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { accessible, fits, launch, noBrowser, phone, Watched } from './support/browser.ts'
import { demoHabitat, Line, steadyPorts, temporaryFolder } from './support/line.ts'
import { until } from './support/until.ts'

/** ms: a machine that runs all tests at once is slow, and the twin goes through the days before first. */
const LONG = 300_000

test('the panel shows how long limits are off, forecasts to 48 h, how good they were, and answers a what-if', {
  skip: noBrowser,
}, async () => {
  using folder = temporaryFolder()
  await using line = new Line(folder.path, `${await steadyPorts()}store: { commit: 1 s }\n${demoHabitat('12 h')}`)
  const { panel } = await line.ready
  await using browser = await launch()
  const watched = await Watched.open(browser, phone, LONG)
  // what the twin cannot say yet is no success
  watched.isRefused = true
  const { page } = watched
  await page.goto(`http://${panel}/`)

  await outlook(page)
  await forecast(page)
  await scores(page)
  await whatif(page)

  assert.deepEqual([...watched.hosts], [panel], 'nothing is asked of any other host')
  assert.deepEqual(watched.complaints, [])
})

async function outlook(page: Page): Promise<void> {
  for (const zone of ['crew', 'greenhouse']) {
    const tile = page.locator(`[data-testid=outlook-tile][data-zone=${zone}]`)
    await tile.locator('.tile:not([data-state=unknown])').waitFor()
    assert.match((await tile.textContent()) ?? '', /in .*\d+ %|any moment|48 h/)
  }
}

async function forecast(page: Page): Promise<void> {
  await page.locator('[data-testid=pick-span] [data-value="48 h"]').click()
  // what it says to those who cannot see it
  const said = () => page.getByTestId('chart').getAttribute('aria-label')
  await until(
    async () => /forecast [\d,.]+ .* in 4[78] h, 90 % band [\d,.]+ to [\d,.]+/.test((await said()) ?? ''),
    'the band reaches 48 h ahead',
    LONG,
  )
}

async function scores(page: Page): Promise<void> {
  await page.getByTestId('to-twin').click()
  await page.getByTestId('scores').waitFor()
  // it depends on how long the habitat has run whether any forecast has come due
  await page.getByTestId('no-scores').or(page.locator('[data-score]')).first().waitFor()
  await page.getByTestId('model').waitFor()
  await sound(page)
}

async function whatif(page: Page): Promise<void> {
  await page.getByTestId('to-whatif').click()
  await page.locator('[data-testid=whatif-answer][data-changes="0"]').waitFor()
  const more = page.locator('[data-control="crew/crew"] [data-step="1"]')
  await more.click()
  await more.click()
  await page.locator('[data-testid=whatif-answer][data-changes="1"]').waitFor()
  assert.match((await page.getByTestId('whatif-status').textContent()) ?? '', /2 people more in Crew quarters/)
  const chart = page.getByTestId('whatif-crew-co2')
  await until(
    async () =>
      /4[78] h ahead: as it is .* with the changes [\d,]+/.test((await chart.getAttribute('aria-label')) ?? ''),
    'two people more make a difference to CO₂',
    LONG,
  )
  // while it is reckoned anew the last answer is paler
  await page.locator('.tw-results:not([data-old="true"])').waitFor()
  await page.evaluate(() => Promise.all(document.querySelector('.tw-results')?.getAnimations({ subtree: true }).map(({ finished }) => finished) ?? [])) // biome-ignore format: one thought
  await sound(page)
}

/** Nothing is wider than the screen, and nothing keeps anybody out. */
async function sound(page: Page): Promise<void> {
  await fits(page)
  await accessible(page, ['serious', 'critical'])
}
