/** Logging in, in a real browser: what is refused asks for it, is done under the name then, and is over with the login. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { addUser, changeUsers, hashPassword, setPassword } from '@habtwin/runtime/users/index'
import modbus from 'modbus-serial'
import { accessible, fits, launch, noBrowser, Watched } from './support/browser.ts'
import { freePorts, Line, temporaryFolder } from './support/line.ts'
import { freePort } from './support/servers.ts'
import { until } from './support/until.ts'

const PASSWORD = 'the lettuce is fine'

/** A habitat with one real switch: not simulated, so that it takes a login to set it. */
const habitat = (port: number) => `${freePorts}
habitat: { id: sam }
zones: { crew: { volume: 272 m3 } }
buses: { plant: { driver: modbus-tcp, host: 127.0.0.1, port: ${port} } }
devices: { lamp: { zone: crew, driver: relay-module, bus: plant, every: 1 s } }
`

test('a switch that takes a login asks for it, and is set under that name; a password that was changed ends it', {
  skip: noBrowser,
}, async () => {
  const port = await freePort()
  let is = false
  const coils = {
    getCoil: () => is,
    setCoil: (_at: number, on: boolean) => {
      is = on
    },
  }
  const server = new modbus.ServerTCP(coils, { host: '127.0.0.1', port, unitID: 1 })
  await once(server, 'initialized')
  using folder = temporaryFolder()
  const users = join(folder.path, 'data', 'access')
  const hash = await hashPassword(PASSWORD)
  changeUsers(users, (all) => addUser(all, { name: 'kai', role: 'crew', password: hash }, Date.now()))
  await using line = new Line(folder.path, habitat(port))
  const { panel } = await line.ready
  await using browser = await launch()
  try {
    const watched = await Watched.open(browser)
    watched.isRefused = true
    const { page } = watched
    await page.goto(`http://${panel}/`)
    await page.getByTestId('login-button').waitFor()
    await page.locator('[data-control="lamp/state"][data-value="0"]').getByRole('button').click()
    await page.locator('dialog input[name=name]').fill('Ada')
    await page.locator('[data-choice="1"] input').check()
    await page.getByTestId('control-act').click()

    const login = page.getByTestId('login')
    await login.locator('input[name=user]').fill('kai')
    await login.locator('input[name=password]').fill('wrong')
    await login.getByRole('button').click()
    await page.getByTestId('login-wrong').getByText('Name and password do not belong together.').waitFor()
    await accessible(page, ['serious', 'critical'])
    assert.equal(is, false)
    await login.locator('input[name=password]').fill(PASSWORD)
    await login.getByRole('button').click()
    await page.getByTestId('control-result').getByText('Done: Lamp is on.').waitFor()
    assert.equal(is, true)
    await page.getByTestId('signed').getByText('As kai, crew.').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('[data-control="lamp/state"]').getByText('set to on by kai').waitFor()
    assert.equal(await page.evaluate('document.cookie'), '', 'no script can read the login')

    // the login outlives the page, and ends with the password
    await page.reload()
    await page.locator('[data-testid=login-button][data-user=kai]').waitFor()
    const other = await hashPassword('another fine password')
    changeUsers(users, (all) => setPassword(all, 'kai', other))
    await page.locator('[data-control="lamp/state"][data-value="1"]').getByRole('button').click()
    await page.locator('[data-choice="0"] input').check()
    const role = () => page.evaluate("fetch('api/me').then((one) => one.json()).then(({ role }) => role)")
    await until(async () => (await role()) === 'viewer', 'the login is over')
    await page.getByTestId('control-act').click()
    await login.locator('input[name=user]').fill('kai')
    await login.locator('input[name=password]').fill('another fine password')
    await login.getByRole('button').click()
    await page.getByTestId('control-result').getByText('Done: Lamp is off.').waitFor()
    await page.keyboard.press('Escape')

    // another password, by oneself: the login here goes on
    await page.getByTestId('login-button').click()
    await page.getByTestId('password-open').click()
    const form = page.getByTestId('password')
    await form.locator('input[name=old]').fill(PASSWORD)
    for (const name of ['fresh', 'again']) await form.locator(`input[name=${name}]`).fill('a third and best password')
    await accessible(page, ['serious', 'critical'])
    await form.getByRole('button').click()
    await page.getByTestId('password-wrong').getByText('The old password is another.').waitFor()
    await form.locator('input[name=old]').fill('another fine password')
    await form.getByRole('button').click()
    await page.getByTestId('password-changed').waitFor()
    assert.equal(await role(), 'crew')
    await page.getByTestId('logout').click()
    await page.locator('[data-testid=login-button][data-user=""]').waitFor()
    await fits(page)
    assert.deepEqual(watched.complaints, [])
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
})
