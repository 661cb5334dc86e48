/** What people log, and the day's report, over the whole line: by REST, and by a person at the panel. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LoggedEvent, Report } from '@habtwin/contract'
import type { Page } from 'playwright-core'
import { accessible, fits, launch, noBrowser, Watched } from './support/browser.ts'
import { demoHabitat, habtwin, Line, steadyPorts, temporaryFolder } from './support/line.ts'
import { slow } from './support/servers.ts'
import { until } from './support/until.ts'

test('an event is journalled, stored and reported, and is there after sim was killed', { skip: slow }, async () => {
  using folder = temporaryFolder()
  await using line = new Line(folder.path, (await steadyPorts()) + atNoon())
  const { panel } = await line.ready
  const said = { kind: 'hatch', zone: 'crew', to: 'greenhouse', value: 1, by: 'Ada', id: 'first' }
  await until(async () => (await log(panel, said)).ok, 'the gateway is there')
  // sent again, as after an answer that was lost
  assert.equal((await log(panel, said)).status, 201)
  assert.equal((await log(panel, { kind: 'note', by: 'Bob', withdraws: 'first' })).status, 201)

  line.kill('sim')
  const logged = async () => {
    const answer = await fetch(`http://${panel}/api/events`).catch(() => undefined)
    return answer?.ok ? ((await answer.json()) as LoggedEvent[]) : undefined
  }
  await until(async () => (await logged())?.length === 2, 'both events are there again')
  const first = (await logged())?.find(({ id }) => id === 'first')
  assert.equal(first?.withdrawn?.by, 'Bob')

  let out = ''
  await until(async () => {
    out = (await habtwin('report', '--url', `http://${panel}`)).out
    return /- used: \d+\.\d\d kWh/.test(out)
  }, 'readings of today are there')
  assert.match(out, /^# Daily operations report: Sol \d+, \d{4}-\d{2}-\d{2}\n/)
  assert.match(out, /SIMULATED/)
  assert.match(out, /\| Hatch \| Crew quarters \| Hatch open to Greenhouse \(withdrawn by Bob, .*\) \| Ada \|/)
})

/** The demo where it is about noon now, both by the clock and in the sol: the day does not change under the test. */
function atNoon(): string {
  const ahead = 12 - new Date().getUTCHours()
  const zone = ahead === 0 ? 'UTC' : `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}` // their signs are reversed
  const epoch = new Date(Date.now() - 12.5 * 86_400_000).toISOString()
  return `store: { commit: 1 s }\n${demoHabitat('2 h')}`
    .replace('America/Phoenix', zone)
    .replace(/epoch: \S+,/, `epoch: ${epoch},`)
}

function log(panel: string, event: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(`http://${panel}/api/events`, { method: 'POST', body: JSON.stringify(event), headers })
}

test('a person logs with one tap, sees it on the chart and in the report, and loses nothing while sim is away', {
  skip: noBrowser,
}, async () => {
  using folder = temporaryFolder()
  await using line = new Line(folder.path, (await steadyPorts()) + atNoon())
  const { panel } = await line.ready
  await using browser = await launch()
  const { page } = await Watched.open(browser)
  await page.goto(`http://${panel}/`)
  await page.getByTestId('log').click()
  await namedOnce(page)
  await page.locator('[data-log=hatch-1]').click()
  await taken(page, 1)
  await page.locator('[data-log=crew-3]').click()
  await taken(page, 2)
  await accessible(page, ['serious', 'critical'])
  await withdrawn(page)
  await page.keyboard.press('Escape')
  await page.getByTestId('log-dialog').waitFor({ state: 'detached' })
  // what was withdrawn is not on the chart
  await page.locator('[data-testid=chart-events][data-count="1"]').waitFor()
  assert.match((await page.getByTestId('chart-events').textContent()) ?? '', /3 people/)
  await keptWhileAway(page, line)
  await reported(page)
})

/** The name is asked for before the first entry, and remembered. */
async function namedOnce(page: Page): Promise<void> {
  await page.locator('[data-log=hatch-1]').click()
  await page.getByTestId('logged').getByText('Write your name first').waitFor()
  await page.locator('dialog input[name=name]').fill('Ada')
}

/** Waits until the habitat has taken so many entries. */
async function taken(page: Page, count: number): Promise<void> {
  const rows = page.getByTestId('today').locator('[data-state=logged]')
  await until(async () => (await rows.count()) === count, `${count} entries are taken`)
}

async function withdrawn(page: Page): Promise<void> {
  const row = page.getByTestId('today').locator('li').filter({ hasText: 'Hatch open' })
  await row.getByRole('button', { name: /^Withdraw/ }).click()
  await row.getByRole('button', { name: 'Yes, it was wrong' }).click()
  await page.locator('[data-testid=today] [data-state=withdrawn]').waitFor()
}

/** An entry that nobody takes is kept, shown as waiting, and sent once sim is back: also by the next page. */
async function keptWhileAway(page: Page, line: Line): Promise<void> {
  await page.context().setOffline(true)
  await page.getByTestId('log').click()
  await page.locator('[data-log=eva-2]').click()
  await page.locator('[data-testid=today] [data-state=waiting]').waitFor()
  line.kill('sim')
  await page.context().setOffline(false)
  await page.locator('[data-testid=today] [data-state=waiting]').waitFor({ state: 'detached' })
  await taken(page, 2)
  await page.keyboard.press('Escape')
}

async function reported(page: Page): Promise<void> {
  await page.getByTestId('to-report').click()
  const events = page.locator('section[data-section=events]')
  await events.getByText('EVA, 2 people outside').waitFor()
  await page.getByLabel('Summary of the day').fill('Quiet, but for the hatch.')
  await page.getByTestId('report-save').click()
  await page.getByTestId('report-said').getByText('Saved as version 1').waitFor()
  await page.reload()
  const summary = page.getByLabel('Summary of the day')
  await until(async () => (await summary.inputValue()) === 'Quiet, but for the hatch.', 'the words are kept')
  await accessible(page, ['serious', 'critical'])
  const href = await page.getByTestId('report-csv').getAttribute('href')
  const answer = await fetch(new URL(href ?? '', page.url().replace(/#.*/, '')))
  assert.match(answer.headers.get('content-type') ?? '', /^text\/csv/)
  assert.match(await answer.text(), /remarks,,,summary,,,,,,Ada,"Quiet, but for the hatch\."/)
  const day = (await (await fetch(new URL('/api/report', page.url()))).json()) as Report
  assert.equal(day.day.state, 'running')
  await fits(page)
}
