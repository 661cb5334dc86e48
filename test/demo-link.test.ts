/**
 * The demo as a visitor has it: a virtual habitat, mission control behind its link as a process of its own, and the button
 * that cuts the link between them, pressed in a real browser.
 */
import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { Tally } from '@habtwin/contract/tally'
import { accessible, launch, noBrowser, Watched } from './support/browser.ts'
import { Demo } from './support/demo.ts'
import { temporaryFolder } from './support/line.ts'
import { until } from './support/until.ts'

/** One way, ms. */
const DELAY = 1_500
const env = {
  HABTWIN_BRIDGES__EARTH__DELAY: `${DELAY} ms`,
  // two days of the past are there in no time
  HABTWIN_BRIDGES__EARTH__RATE: '20 Mbit/s',
  HABTWIN_MISSION_CONTROL__STORE__COMMIT: '1 s',
}

/** What the two sides of the demo answer; undefined while they do not. */
async function ask<T>(url: string): Promise<T | undefined> {
  const answer = await fetch(url).catch(() => undefined)
  return answer?.ok ? ((await answer.json()) as T) : undefined
}

test('a visitor cuts the link, mission control stands still, and has everything once when it is mended', {
  skip: noBrowser,
}, async () => {
  using folder = temporaryFolder()
  await using demo = new Demo(folder.path, env)
  const { panel, 'mission-control': far } = await demo.ready
  assert.ok(far !== undefined, 'the start line says where it is')
  await using browser = await launch()
  const watched = await Watched.open(browser)
  // mission control is there later than the page
  watched.isRefused = true
  const { page, complaints } = watched
  await page.goto(`http://${panel}/#/link`)

  const tally = async () => await ask<Tally>(`http://${far}/habitats/demo/api/tally`)
  const newest = async () => (await tally())?.newest ?? 0
  const here = async () => {
    const devices = await ask<{ last?: { t: number } }[]>(`http://${panel}/api/devices`)
    return Math.max(0, ...(devices ?? []).map(({ last }) => last?.t ?? 0))
  }
  /** What the page says of it. */
  const shown = async () =>
    await page
      .locator('[data-figure]')
      .evaluateAll((all) => all.map((one) => `${one.querySelector('dt')?.textContent} ${one.querySelector('dd')?.textContent}`)) // biome-ignore format: one thought
  await until(async () => (await newest()) > 0, 'the first readings are there')
  assert.ok(Date.now() - (await newest()) >= DELAY - 50, 'mission control is behind')
  assert.equal(statSync(join(demo.data, 'access', 'earth-token')).mode & 0o777, 0o600)

  const button = page.getByTestId('cut')
  await button.click()
  await page.getByText('Cut for').waitFor()
  // what was in the wires then has come
  const cutAt = await here()
  await until(async () => (await here()) > cutAt + 2_000, 'the habitat goes on')
  const stood = await newest()
  demo.kill('gateway')
  const killed = Date.now()
  const told = async () => (await ask<{ bridges: { t: number }[] }>(`http://${panel}/api/link`))?.bridges[0]?.t ?? 0
  await until(async () => (await told()) > killed, 'the gateway is back, and takes commands again')
  await until(async () => (await here()) > killed, 'the habitat goes on')
  await page.getByText('Cut for').waitFor()
  assert.equal(await newest(), stood, 'mission control stands still, also after the gateway was killed')
  assert.deepEqual((await shown()).slice(2), ['lost 0', 'twice 0'], 'what has not crossed is not lost')
  await accessible(page)

  demo.kill('receive')
  await button.click()
  const mended = await here()
  await until(async () => (await newest()) > mended, 'it catches up')
  await until(async () => ((await tally())?.underWay ?? 1e9) < 100, 'all that waited is there')
  const { lost, twice } = (await tally()) ?? {}
  assert.deepEqual([lost, twice], [0, 0])
  await until(async () => (await shown()).slice(2).join() === 'lost 0,twice 0', 'the page says so')

  // they are what is really there: one commit is overwritten by the one before it
  using db = new DatabaseSync(join(demo.data, 'mission-control', 'habitats', 'demo', 'store.db'), { timeout: 5_000 })
  const [last, before] = db.prepare('SELECT id FROM ingest WHERE body IS NOT NULL ORDER BY id DESC LIMIT 2').all()
  const put = db.prepare('UPDATE ingest SET body = (SELECT body FROM ingest WHERE id = ?) WHERE id = ?')
  assert.equal(put.run(before?.id as number, last?.id as number).changes, 1)
  await until(async () => (await shown()).slice(2).every((text) => /^(?:lost|twice) [1-9]/.test(text)), 'it is told')
  assert.deepEqual(complaints, [])
})

test('the demo that is told to be alone has no mission control, and no link to one', async () => {
  using folder = temporaryFolder()
  await using demo = new Demo(folder.path, {}, '--alone')
  const { panel, 'mission-control': far } = await demo.ready
  assert.equal(far, undefined)
  assert.deepEqual((await ask<{ bridges: unknown[] }>(`http://${panel}/api/link`))?.bridges, [])
  assert.equal((await ask<{ across?: boolean }>(`http://${panel}/api/about`))?.across, undefined)
  assert.equal(await ask(`http://${panel}/api/across`), undefined)
})
