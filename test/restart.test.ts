/** The demo ends and begins again: nothing is filled in twice, nothing is left running. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { demoHabitat, freePorts, isAlive, Line, temporaryFolder } from './support/line.ts'
import { slow } from './support/servers.ts'
import { stored } from './support/stored.ts'
import { until } from './support/until.ts'

/** Hours that the habitat begins with, and their minutes, less what a slow start costs. */
const PAST = 6
const FILLED = PAST * 60 - 2
/** Devices of the demo that remember a past. */
const SERIES = 11

test('the demo goes on where it ended, and what was lived is not filled in again', { skip: slow }, async () => {
  using folder = temporaryFolder()
  const begun = performance.now()
  const demo = `${freePorts}store: { commit: 1 s }\n${demoHabitat(`${PAST} h`)}`
  {
    await using line = new Line(folder.path, demo)
    const { panel } = await line.ready
    await until(async () => (await readings(panel)) > SERIES * FILLED, 'the last hours are filled in')
  }
  const began = Date.now()
  await using line = new Line(folder.path, demo)
  const { panel } = await line.ready
  await until(async () => (await newest(panel)) > began, 'it goes on')
  await line.stop()
  const { counts, twice } = stored(line.data)
  assert.deepEqual(twice, {})
  for (const [series, count] of Object.entries(counts)) {
    if (series.startsWith('virtual-habitat/')) continue // it remembers nothing
    // besides what was filled in there are the readings since then, one each two seconds at most
    const lived = (performance.now() - begun) / 2_000
    assert.ok(count >= FILLED && count < FILLED + 10 + lived, `${series} has ${count} values`)
  }
})

test('SIGTERM in the middle of filling in ends at once, and nothing comes twice afterwards', {
  skip: slow,
}, async () => {
  using folder = temporaryFolder()
  const demo = `${freePorts}store: { commit: 1 s }\n${demoHabitat()}`
  {
    await using line = new Line(folder.path, demo)
    const { panel } = await line.ready
    await until(async () => (await readings(panel)) > 500, 'the filling in begins')
    await ends(line)
  }
  const began = Date.now()
  await using line = new Line(folder.path, demo)
  const { panel } = await line.ready
  await until(async () => (await newest(panel)) > began + 2_000, 'it goes on')
  await line.stop()
  assert.deepEqual(stored(line.data).twice, {})
})

test('SIGTERM ends the whole line within 5 s, with status 0 and nothing left running', async () => {
  using folder = temporaryFolder()
  await using line = new Line(folder.path, `${freePorts}${demoHabitat('1 h')}`)
  await line.ready
  const children = [line.pid('gateway'), line.pid('sim')].filter((pid) => pid !== undefined)
  assert.equal(children.length, 2)
  await ends(line)
  assert.deepEqual(children.filter(isAlive), [])
})

test('where up is killed its children end by themselves, and the data folder is free again', async () => {
  using folder = temporaryFolder()
  await using line = new Line(folder.path, `${freePorts}${demoHabitat('1 h')}`)
  await line.ready
  const children = [line.pid('gateway'), line.pid('sim')].filter((pid) => pid !== undefined)
  assert.equal(children.length, 2)
  line.signal('SIGKILL')
  await line.ended
  await until(() => !children.some(isAlive), 'the end of both children')
  await using again = new Line(folder.path, `${freePorts}${demoHabitat('1 h')}`)
  assert.ok((await again.ready).panel)
})

/** Sends SIGTERM. A part that has to be killed would make it take six seconds: what was promised are five. */
async function ends(line: Line): Promise<void> {
  const asked = performance.now()
  line.signal('SIGTERM')
  assert.deepEqual(await line.ended, { status: 0, signal: null })
  assert.ok(performance.now() - asked < 5_000, 'it drains within the five seconds that it promises')
}

async function readings(panel: string): Promise<number> {
  const devices = (await (await fetch(`http://${panel}/api/completeness`)).json()) as { stored: number }[]
  return devices.reduce((sum, { stored }) => sum + stored, 0)
}

async function newest(panel: string): Promise<number> {
  const devices = (await (await fetch(`http://${panel}/api/devices`)).json()) as { last: { t: number } | null }[]
  return Math.max(0, ...devices.map(({ last }) => last?.t ?? 0))
}
