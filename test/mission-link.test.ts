/**
 * A mission as real processes: a habitat with a simulated delay, mission control behind it, a relay that is commanded from
 * afar, words in real time, and the switch that ends the simulation.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type BridgeState, type CommandResult, type Safety, type WaitingCommand, wire } from '@habtwin/contract'
import { Link } from '@habtwin/runtime/mqtt'
import { addToken, addUser, changeUsers, newToken, nobody } from '@habtwin/runtime/users/index'
import { accessible, launch, noBrowser, Watched } from './support/browser.ts'
import { habtwin, Line, steadyPorts, temporaryFolder } from './support/line.ts'
import { Receiver } from './support/receiver.ts'
import { freePort, slow } from './support/servers.ts'
import { until } from './support/until.ts'

/** One way, ms. */
const DELAY = 1_500

const habitat = (remote: string, token: string) => `habitat: { id: sam }
zones: { crew: { volume: 272 m3 } }
buses:
  relays: { driver: modbus-tcp, host: simulated }
devices:
  heater: { zone: crew, driver: relay-module, bus: relays, every: 1 s, commands: { state: { safe: 0 } } }
bridges:
  earth: { url: 'mqtt://${remote}', username: sam, password_file: ${token}, to: habtwin, delay: ${DELAY} ms }
`

interface LinkAnswer {
  readonly bridges: readonly BridgeState[]
  readonly waiting: readonly WaitingCommand[]
  readonly safety: readonly Safety[]
}

/** REST of a panel. */
function rest(base: string, token?: string) {
  const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) }
  const ask = async <T>(path: string, body?: object): Promise<T> => {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const answer = await fetch(`${base}/${path}`, { ...init, headers })
    const text = await answer.text()
    assert.ok(answer.ok, `${path}: ${answer.status} ${text}`)
    return JSON.parse(text) as T
  }
  return {
    ask,
    link: () => ask<LinkAnswer>('api/link'),
    command: (device: string, point: string, value: unknown, id: string) =>
      ask<CommandResult>('api/commands', { device, point, value, by: 'Ada', id }),
    result: async (id: string) =>
      (await ask<{ commands: CommandResult[] }>('api/commands?limit=50')).commands.find((one) => one.id === id),
  }
}

/** A habitat, and mission control behind its link. */
async function mission(owned: AsyncDisposableStack) {
  const folder = owned.use(temporaryFolder())
  const desk = owned.use(temporaryFolder())
  const tokens = new Map<string, string>()
  changeUsers(join(desk.path, 'data', 'access'), (before) => {
    let after = before ?? nobody
    for (const [name, role] of [
      ['sam', 'gateway'],
      ['houston', 'mission-control'],
    ] as const) {
      // biome-ignore format: one line
      const { secret, hash } = newToken()
      tokens.set(name, secret)
      after = addUser(after, { name, role, ...(role === 'gateway' ? { habitat: name } : {}) }, Date.now())
      after = addToken(after, { id: `t-${name}`, user: name, hash }, Date.now())
    }
    return after
  })
  const ports = [await freePort(), await freePort(), await freePort()]
  const config = `broker: { mqtt: ${ports[0]}, websocket: ${ports[1]} }\nhttp: { panel: ${ports[2]} }\nstore: { commit: 1 s }\n`
  const there = await owned.use(new Receiver(desk.path, config)).ready
  const token = join(folder.path, 'token')
  writeFileSync(token, tokens.get('sam') ?? '', { mode: 0o600 })
  const line = owned.use(new Line(folder.path, `${await steadyPorts()}${habitat(there.mqtt ?? '', token)}`))
  const { panel } = await line.ready
  const crew = rest(`http://${panel}`)
  const houston = rest(`http://${there.panel}/habitats/sam`, tokens.get('houston'))
  /** What mission control's broker was given, in order. */
  const heard: { topic: string; text: string; at: number }[] = []
  const far = owned.use(new Link({ url: `mqtt://${there.mqtt}`, clientId: 'far', username: 'houston', password: tokens.get('houston') ?? '' })) // biome-ignore format: one line
  far.subscribe(wire('sam', '#'), (topic, payload) =>
    heard.push({ topic: topic.slice('hab/sam/'.length), text: payload.toString(), at: Date.now() }),
  )
  far.start()
  await until(async () => (await crew.link()).bridges[0]?.state === 'up', 'the link is up')
  await until(
    () =>
      houston.link().then(
        ({ bridges }) => bridges.length === 1,
        () => false,
      ),
    'mission control has taken the habitat up',
  )
  return { line, panel, crew, houston, far, heard }
}

test('a command from mission control takes the delay, waits for the crew, is done, and its result takes the delay back', {
  skip: slow,
}, async () => {
  await using owned = new AsyncDisposableStack()
  const { line, crew, houston, far, heard } = await mission(owned)
  const [told] = (await crew.link()).bridges
  assert.deepEqual([told?.simulated, told?.delay, told?.plan?.delay], [true, DELAY, DELAY])

  // there and back
  const sent = Date.now()
  const answer = await houston.command('heater', 'state', 1, 'heat-1')
  assert.equal(answer.state, 'waiting')
  let waiting: WaitingCommand | undefined
  await until(async () => {
    waiting = (await crew.link()).waiting.find(({ id }) => id === 'heat-1')
    return waiting !== undefined
  }, 'the command waits for the crew')
  assert.ok((waiting?.t ?? 0) - sent >= DELAY - 50, 'it took the delay to come')
  assert.deepEqual([waiting?.by, waiting?.via], ['houston', 'bridge/earth'])
  assert.equal((await crew.command('command', 'confirm', 'heat-1', 'yes-1')).state, 'done')
  const here = await crew.result('heat-1')
  assert.deepEqual([here?.state, here?.confirmed, here?.readback], ['done', 'Ada', 1])
  await until(async () => (await houston.result('heat-1'))?.state === 'done', 'mission control has the result')
  const back = heard.find(({ topic, text }) => topic === 'result/heater/heat-1' && text.includes('"done"'))
  assert.ok((back?.at ?? 0) - (here?.t ?? 0) >= DELAY - 50, 'it took the delay back')
  // sent again, it is answered again and does nothing
  await far.publish(wire('sam', 'command/heater/state'), JSON.stringify({ id: 'heat-1', value: 0, by: 'x', expires: Date.now() + 60_000 }), { qos: 1 }) // biome-ignore format: one line
  // and those that cannot wait to be confirmed are refused with a reason
  await houston.command('heater', 'state', 7, 'heat-7')
  await until(async () => (await houston.result('heat-7'))?.state === 'refused', 'a wrong value is refused')

  // what is said in real time overtakes what was logged before it
  await crew.ask('api/events', { kind: 'note', by: 'Ada', text: 'before' })
  await crew.ask('api/safety', { text: 'Stop the test', by: 'Ada' })
  await until(() => heard.some(({ topic, text }) => topic.startsWith('event/') && text.includes('before')), 'the note is there') // biome-ignore format: one line
  const note = heard.findIndex(({ topic, text }) => topic.startsWith('event/') && text.includes('before'))
  const word = heard.findIndex(({ topic, text }) => topic.startsWith('safety/') && text.includes('Stop the test'))
  assert.ok(word >= 0 && word < note, 'the word was there first')
  await houston.ask('api/safety', { text: 'We stop as well' })
  await until(async () => (await crew.link()).safety.some(({ text, side }) => text === 'We stop as well' && side === 'mission-control'), 'the crew has the answer') // biome-ignore format: one line
  // both sides keep both, each once
  for (const side of [crew, houston]) {
    await until(async () => (await side.link()).safety.length === 2, 'both words are kept')
  }

  // the switch: told there at once, and over a kill
  await houston.command('link', 'emergency', true, 'sos')
  const off = async () => (await crew.link()).bridges[0]
  await until(async () => (await off())?.emergency?.by === 'houston' && (await off())?.delay === 0, 'nothing is simulated') // biome-ignore format: one line
  const since = (await off())?.since ?? 0
  line.kill('gateway')
  await until(async () => ((await off())?.since ?? 0) > since && (await off())?.state === 'up', 'it is back')
  assert.equal((await off())?.emergency?.by, 'houston', 'it stands after a kill')
  assert.equal((await crew.command('link', 'emergency', false, 'end')).state, 'done')
  await until(async () => (await off())?.emergency === undefined && (await off())?.delay === DELAY, 'it is simulated again') // biome-ignore format: one line
  const { status, out } = await habtwin('audit', 'verify', '--data', line.data)
  assert.equal(status, 0, out)
})

test('the crew sees at once what was said in real time, and what waits for them, and answers on the page', {
  skip: slow || noBrowser,
}, async () => {
  await using owned = new AsyncDisposableStack()
  const { panel, crew, houston } = await mission(owned)
  const browser = owned.use(await launch())
  const watched = await Watched.open(browser)
  watched.isRefused = true
  const { page } = watched
  await page.goto(`http://${panel}/#/link`)
  await page.locator('[data-bridge="earth"][data-tone="good"]').waitFor()
  assert.match((await page.getByTestId('way').textContent()) ?? '', /^Sent now it arrives at .*; earliest answer/)
  await accessible(page)

  await houston.ask('api/safety', { text: 'Stop the test' })
  await page.getByTestId('safety-news').getByText('Stop the test').waitFor()
  await page.getByRole('button', { name: 'Read' }).click()
  await page.getByTestId('safety-news').waitFor({ state: 'detached' })

  // one touch does nothing: it opens what says what will be done
  await page.goto(`http://${panel}/#`)
  await houston.command('heater', 'state', 1, 'heat-1')
  const card = page.locator('[data-waiting="heat-1"]')
  await card.getByText('Switch Heater on').waitFor()
  await accessible(page)
  await card.getByRole('button', { name: 'Confirm' }).click()
  const act = page.getByTestId('judge-act')
  assert.equal(await act.isDisabled(), true, 'not without a name')
  await page.locator('dialog input[name=name]').fill('Ada')
  await act.click()
  await page.getByTestId('judge-result').getByText('Done.').waitFor()
  await page.keyboard.press('Escape')
  await page.getByTestId('waiting').waitFor({ state: 'detached' })
  assert.equal((await crew.result('heat-1'))?.confirmed, 'Ada')

  await houston.command('heater', 'state', 0, 'heat-2')
  await page.locator('[data-waiting="heat-2"]').getByRole('button', { name: 'Decline' }).click()
  await page.locator('dialog input[name=why]').fill('Noa is in the lock')
  await page.getByTestId('judge-act').click()
  await page.getByTestId('judge-result').getByText('Declined.').waitFor()
  const { state, reason } = (await crew.result('heat-2')) ?? {}
  assert.deepEqual([state, reason], ['refused', 'declined by Ada: Noa is in the lock'])
  assert.deepEqual(watched.complaints, [])
})
