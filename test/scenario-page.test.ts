/** The scenario page in a real browser, with real jobs, on the demo habitat. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import { accessible, fits, launch, noBrowser, Watched } from './support/browser.ts'
import { demoHabitat, Line, steadyPorts, temporaryFolder } from './support/line.ts'
import { LONG, until } from './support/until.ts'

const preset = 'one_person_10_days'
const desk = { width: 1280, height: 900 }
const tablet = { width: 768, height: 1024 }

const runs = (page: Page) => page.getByTestId('shown').locator('li[data-run]')
const done = (page: Page, nth: number) => runs(page).nth(nth).and(page.locator('[data-state=done]')).waitFor()
const chart = (page: Page, id: string) => page.getByTestId(`chart-${id}`)
const cell = (page: Page, row: string, nth: number) => page.locator(`tr[data-row="${row}"] td`).nth(nth)

/** Waits until something says what fits: what is fetched or reckoned for it may come a moment later. */
async function says(place: Locator, pattern: RegExp, attribute?: string): Promise<void> {
  let said: string | null = null
  await until(async () => {
    said = await (attribute === undefined ? place.textContent() : place.getAttribute(attribute))
    return pattern.test(said ?? '')
  }, `${pattern} is said`).catch((error: Error) => assert.fail(`${error.message}; it says ${said}`))
}

test('a scenario is picked, changed, run, watched, compared, laid over by history, cancelled and deleted', {
  skip: noBrowser,
}, async () => {
  using folder = temporaryFolder()
  await using line = new Line(folder.path, `${await steadyPorts()}store: { commit: 1 s }\n${demoHabitat('12 h')}`)
  const { panel } = await line.ready
  await using browser = await launch()
  const watched = await Watched.open(browser, desk)
  const { page } = watched
  await page.goto(`http://${panel}/`)
  await page.getByTestId('headline').waitFor()
  assert.ok(!watched.paths.some((path) => /scenario|page-/.test(path)), 'who looks at the habitat fetches none of it')

  await page.getByTestId('to-scenarios').click()
  await page.locator(`[data-preset=${preset}]`).click()
  await first(page)
  await changed(page)
  await searched(page)
  await laidOver(page)
  await severalSeeds(page)
  watched.isRefused = true
  await refused(page)
  watched.isRefused = false
  await cancelled(page)
  await reopened(browser, page, panel)
  await accessible(page)
  watched.isRefused = true
  await deleted(page, panel)

  assert.deepEqual([...watched.hosts], [panel], 'nothing is asked of any other host')
  assert.deepEqual(watched.complaints, [])
})

async function first(page: Page): Promise<void> {
  await says(page.getByTestId('words'), /^As it is$/)
  await page.getByTestId('run').click()
  await done(page, 0)
  await chart(page, 'air.co2.crew').locator('canvas').waitFor()
  const figures = /in ppm\. As it is: [\d,]+ to [\d,]+, at the end [\d,]+/
  await says(chart(page, 'air.co2.crew'), figures, 'aria-label')
  await says(cell(page, 'life.crew', 0), /^all 1$/)
  await says(runs(page).first().getByTestId('run-state'), /Done in .*steps\/s/)
}

async function changed(page: Page): Promise<void> {
  await page.locator('[name="crew amount"]').fill('3')
  await says(page.getByTestId('words'), /^Crew 3 instead of 1$/)
  await page.getByTestId('run').click()
  await done(page, 1)
  await says(runs(page).nth(1), /Crew 3 instead of 1/)
  await page.getByTestId('comparison').getByText('Compared').waitFor()
  await says(cell(page, 'end.air.co2.crew', 1), /≠/) // the table marks what differs
  assert.equal(await page.locator('tr[data-row="preset"] td [aria-hidden]').count(), 0, 'the preset is the same')
}

async function searched(page: Page): Promise<void> {
  await page.getByTestId('column-search').fill('grey water')
  await page.getByTestId('found').locator('button').first().click()
  const added = page.locator('section[data-chart^="column:"]')
  await added.locator('canvas').waitFor()
  await added.getByRole('button', { name: /^Put away/ }).click()
  await added.waitFor({ state: 'detached' })
}

async function laidOver(page: Page): Promise<void> {
  await page.getByTestId('overlay-chart-choice').selectOption('air.co2.crew')
  await page.getByTestId('overlay-lay').click()
  await page.getByTestId('residual-chart').locator('canvas').waitFor()
  await says(page.locator('[data-residual]').first(), /RMS [\d,.]+, bias [\d,.−]+ ppm, of \d+/)
  await says(cell(page, 'rms', 0), /ppm$/)
}

async function severalSeeds(page: Page): Promise<void> {
  await page.locator('[name="crew amount"]').fill('1')
  await page.locator('[name=seeds]').fill('6')
  await page.locator('[name=days]').fill('3')
  await page.getByTestId('run').click()
  await done(page, 2)
  await page.getByText('P05 to P95').waitFor()
  await says(runs(page).nth(2), /3 instead of 10 d, 6 seeds/)
  await runs(page).nth(2).getByTestId('hide').click()
  await page.locator('[name=seeds]').fill('1')
}

/** What the server refuses is said at the field that it names. */
async function refused(page: Page): Promise<void> {
  await page.locator('[name=days]').fill('1e9')
  await page.getByTestId('run').click()
  await says(page.locator('[data-wrong=days]'), /may be/)
  await page.locator('[name=days]').fill('')
  await says(page.locator('[data-wrong=days]'), /at least/)
  assert.ok(await page.getByTestId('run').isDisabled())
  await page.locator('[name=days]').fill('10')
}

async function cancelled(page: Page): Promise<void> {
  await page.locator('[name=seeds]').fill('2000')
  await page.getByTestId('run').click()
  const last = runs(page).nth(2)
  await last.locator('progress').waitFor()
  await last.and(page.locator('[data-state=running]')).waitFor()
  await last.getByTestId('cancel').click()
  await last.and(page.locator('[data-state=cancelled]')).waitFor()
  await last.getByTestId('hide').click()
  await page.locator('[name=seeds]').fill('1')
}

/** The address shows the same to another person, and Back goes back. */
async function reopened(browser: Browser, page: Page, panel: string): Promise<void> {
  const address = page.url()
  const other = await Watched.open(browser, desk)
  await other.page.goto(address)
  await done(other.page, 0)
  await done(other.page, 1)
  await chart(other.page, 'air.co2.crew').locator('canvas').waitFor()
  await says(runs(other.page).nth(1), /Crew 3 instead of 1/)
  await runs(other.page).nth(1).getByTestId('hide').click()
  await until(async () => (await runs(other.page).count()) === 1, 'it is hidden')
  await other.page.goBack()
  await done(other.page, 1)
  assert.deepEqual(other.complaints, [])
  await other.page.close()
  assert.equal(new URL(address).host, panel)
}

async function deleted(page: Page, panel: string): Promise<void> {
  const second = await runs(page).nth(1).getAttribute('data-run')
  await runs(page).nth(1).getByTestId('delete').click()
  await page.getByTestId('delete-yes').click()
  await until(async () => (await runs(page).count()) === 1, 'it is gone from the page')
  assert.equal((await page.request.get(`http://${panel}/api/jobs/${second}`)).status(), 404)
  // the other one is deleted by somebody else
  const id = await runs(page).first().getAttribute('data-run')
  await page.request.delete(`http://${panel}/api/jobs/${id}`)
  await runs(page).first().and(page.locator('[data-state=gone]')).waitFor()
  await says(runs(page).first(), /what was fetched is still shown/)
}

test('by keyboard alone, on a tablet, a scenario is run; saved runs are loaded; a restart of sim is survived', {
  skip: noBrowser,
}, async () => {
  using folder = temporaryFolder()
  await using line = new Line(folder.path, `${await steadyPorts()}store: { commit: 1 s }\n${demoHabitat('12 h')}`)
  const { panel } = await line.ready
  await using browser = await launch()
  const watched = await Watched.open(browser, tablet)
  const { page } = watched
  await page.goto(`http://${panel}/#/scenarios`)
  await page.locator(`[data-preset=${preset}]`).waitFor()
  await byKeyboard(page)
  await thumbs(page)
  await accessible(page)
  await fromFiles(page, panel, folder.path)
  for (const theme of ['red', 'light']) {
    await page.evaluate((next) => {
      document.documentElement.dataset.theme = next
    }, theme)
    await accessible(page)
  }
  watched.isRefused = true
  await restarted(page, line)
  assert.deepEqual(watched.complaints, [])
})

/** Presses a key until something has the focus. */
async function reach(page: Page, selector: string, key = 'Tab'): Promise<void> {
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press(key)
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return
  }
  assert.fail(`${selector} cannot be reached by ${key}`)
}

async function byKeyboard(page: Page): Promise<void> {
  await reach(page, `[data-preset=${preset}]`)
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle)
  assert.equal(outline, 'solid', 'what has the focus shows it')
  await page.keyboard.press('Enter')
  await page.getByTestId('form').waitFor()
  await reach(page, '[type=range][aria-label^=Crew]')
  await page.keyboard.press('ArrowRight')
  await page.getByText('Crew 2 instead of 1').waitFor()
  await reach(page, '[data-testid=run]')
  await page.keyboard.press('Enter')
  await done(page, 0)
  await chart(page, 'air.co2.crew').locator('canvas').waitFor()
  await reach(page, '[data-testid="chart-air.co2.crew"]')
  await page.keyboard.press('ArrowRight')
  await page
    .getByTestId('moment')
    .getByText(/figures at hour/)
    .waitFor()
  await page.keyboard.press('Escape')
  await page.getByTestId('moment').getByText('figures at the end').waitFor()
}

/** Nothing is wider than the screen, and whatever is touched is large enough for a thumb. */
async function thumbs(page: Page): Promise<void> {
  await fits(page)
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('.scenarios :is(button, a, input, select, summary)')].flatMap((element) => {
      const { width, height } = element.getBoundingClientRect()
      return width > 0 && (height < 43.5 || width < 43.5)
        ? [`${element.outerHTML.slice(0, 90)} ${width}×${height}`]
        : []
    }),
  )
  assert.deepEqual(small, [])
}

async function fromFiles(page: Page, panel: string, folder: string): Promise<void> {
  const id = await runs(page).first().getAttribute('data-run')
  const text = await (await page.request.get(`http://${panel}/api/jobs/${id}/results?format=json`)).text()
  const good = join(folder, 'mine.json')
  const bad = join(folder, 'cut.json')
  writeFileSync(good, text)
  writeFileSync(bad, text.slice(0, 999))
  await page.getByTestId('file').setInputFiles(good)
  await runs(page).nth(1).and(page.locator('[data-state=file]')).waitFor()
  await says(chart(page, 'air.co2.crew'), /at the end .*at the end/s, 'aria-label')
  const said = (await chart(page, 'air.co2.crew').getAttribute('aria-label')) ?? ''
  const [job, file] = said.match(/[\d,]+ to [\d,]+, at the end [\d,]+/g) ?? []
  assert.ok(job)
  assert.equal(job, file, 'the file has the same figures as the job')
  await page.getByTestId('file').setInputFiles(bad)
  await page
    .getByTestId('notice')
    .getByText(/cut\.json is no run .*cut off/)
    .waitFor()
  assert.equal(await runs(page).count(), 2)
  await dropped(page, text)
}

/** Dragged from a folder onto the page. */
async function dropped(page: Page, text: string): Promise<void> {
  await page.evaluate((content) => {
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File([content], 'dragged.json', { type: 'application/json' }))
    const init = { bubbles: true, cancelable: true, dataTransfer }
    document.body.dispatchEvent(new DragEvent('dragover', init))
    document.body.dispatchEvent(new DragEvent('drop', init))
  }, text)
  await runs(page).nth(2).getByText('dragged.json').waitFor()
  await runs(page).nth(2).getByTestId('hide').click()
}

async function restarted(page: Page, line: Line): Promise<void> {
  await page.locator('[name=seeds]').fill('300')
  await page.getByTestId('run').click()
  // files come after the jobs
  const run = runs(page).nth(1)
  await run.and(page.locator('[data-state=running]')).waitFor()
  // looked for from before on: it may not last
  const silent = run.getByText(/does not answer/).waitFor()
  line.kill('sim')
  await silent
  await run.and(page.locator('[data-state=done]')).waitFor({ timeout: 3 * LONG }) // hundreds of runs
}
