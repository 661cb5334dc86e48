/** The page of all habitats, in a real browser. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '@habtwin/runtime'
import { addToken, addUser, changeUsers, newToken, nobody } from '@habtwin/runtime/users/index'
import { accessible, launch, noBrowser, Watched } from './support/browser.ts'
import { PlayedGateway } from './support/gateways.ts'
import { temporaryFolder } from './support/line.ts'
import { Receiver } from './support/receiver.ts'
import { until } from './support/until.ts'

const MIN = 60_000

test('mission control sees its habitats, the worst first, what changed since its shift began, and each as at home', {
  skip: noBrowser,
}, async () => {
  using folder = temporaryFolder()
  const names = ['mars-160', 'sam']
  const tokens = new Map<string, string>()
  changeUsers(join(folder.path, 'data', 'access'), (before) => {
    let users = before ?? nobody
    for (const name of names) {
      const { secret, hash } = newToken()
      tokens.set(name, secret)
      users = addUser(users, { name, role: 'gateway', habitat: name }, Date.now())
      users = addToken(users, { id: `t-${name}`, user: name, hash }, Date.now())
    }
    return users
  })
  await using receiver = new Receiver(folder.path, 'broker: { mqtt: 0, websocket: 0 }\nhttp: { panel: 0 }\n')
  const desk = await receiver.ready
  await using browser = await launch()
  await using cleanup = new AsyncDisposableStack()
  const watched = await Watched.open(browser, { width: 1400, height: 900 })
  watched.isRefused = true
  const { page } = watched
  await page.goto(`http://${desk.panel}/`)
  await page.getByTestId('none').waitFor()
  await page.setViewportSize({ width: 390, height: 844 })
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  assert.ok(wider <= 0, `the page is ${wider} px wider than a phone`)
  await page.setViewportSize({ width: 1400, height: 900 })

  const [mars, sam] = names.map((habitat) =>
    cleanup.use(
      new PlayedGateway({
        ...{ habitat, url: `mqtt://${desk.mqtt}`, clock: systemClock, every: MIN },
        ...{ username: habitat, password: tokens.get(habitat) ?? '' },
      }),
    ),
  ) as [PlayedGateway, PlayedGateway]
  const lane = { waiting: 0, sent: 0 }
  const lanes = { urgent: lane, live: lane, backlog: lane }
  for (const one of [mars, sam]) one.start()
  await until(() => mars.link.up && sam.link.up, 'both are connected')
  const t = Date.now()
  const state = { t, bridge: 'earth', to: 'habtwin', state: 'up', since: t, remote: 'x', simulated: true, lanes }
  mars.state('link/earth', JSON.stringify({ ...state, delay: 12 * MIN, taken: 0, confirmed: 0, gaps: 0, inFlight: 0 }))
  mars.read('air', t - 12 * MIN, { co2: 700, temperature: 21 })
  sam.read('air', t, { co2: 5_200, temperature: 21 })
  const alert = { id: 'a', level: 'warning', zone: 'crew', quantity: 'co2', value: 5_200, limit: 5_000, since: t, t }
  sam.say('alert/a', { ...alert, text: 'CO2 in crew is high', source: 'guard', active: true }, true)

  const row = (habitat: string) => page.locator(`[data-habitat="${habitat}"]`)
  await row('sam').getByText('CO2 in crew is high').waitFor()
  await row('mars-160').getByText('12 min of it light time').waitFor()
  const order = () =>
    page.locator('tr[data-habitat]').evaluateAll((rows) => rows.map((one) => one.getAttribute('data-habitat')))
  assert.deepEqual(await order(), ['sam', 'mars-160'])
  await page.getByRole('button', { name: 'By name' }).click()
  assert.deepEqual(await order(), ['mars-160', 'sam'])
  assert.match((await page.getByTestId('headline').textContent()) ?? '', /1 warning/)

  const shift = page.getByTestId('shift')
  await shift.getByText('CO2 in crew is high').waitFor()
  await page.getByRole('button', { name: 'My shift begins now' }).click()
  await shift.getByText('Nothing became known').waitFor()
  await accessible(page)

  await row('mars-160').getByRole('link').click()
  const afar = page.getByTestId('afar')
  await afar.getByText('seen as it was 12 min ago').waitFor()
  await page.getByText('700', { exact: true }).first().waitFor()
  await page.goto(`${page.url().split('#')[0]}#/link`)
  const devices = page.getByTestId('link-devices')
  await devices.locator('[data-device=air]').getByText('100 %').waitFor()
  await afar.getByRole('link', { name: 'All habitats' }).click()
  await row('sam').waitFor()
  assert.deepEqual(watched.complaints, [])
})
