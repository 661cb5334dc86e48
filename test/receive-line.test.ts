/** A whole habitat, its bridge and mission control, as the real processes; killed on either side. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { HabitatRow } from '@habtwin/contract/habitats'
import { addToken, addUser, changeUsers, newToken, nobody } from '@habtwin/runtime/users/index'
import { demoHabitat, freePorts, Line, temporaryFolder } from './support/line.ts'
import { Receiver, rowsOf } from './support/receiver.ts'
import { freePort, slow } from './support/servers.ts'
import { until } from './support/until.ts'

for (const bundle of [false, true]) {
  const how = bundle ? 'in bundles' : 'message by message'
  test(`the demo habitat is followed ${how}, and every reading is there after kills of either side`, {
    skip: slow,
  }, async () => {
    using folder = temporaryFolder()
    const { secret, hash } = newToken()
    changeUsers(join(folder.path, 'data-mc', 'access'), (before) => {
      const users = addUser(before ?? nobody, { name: 'demo', role: 'gateway', habitat: 'demo' }, Date.now())
      return addToken(users, { id: 't', user: 'demo', hash }, Date.now())
    })
    const [mqtt, websocket, panel] = [await freePort(), await freePort(), await freePort()]
    const config = `broker: { mqtt: ${mqtt}, websocket: ${websocket} }\nhttp: { panel: ${panel} }\nstore: { commit: 2 s }\n`
    let receiver = new Receiver(folder.path, config, {}, 'data-mc')
    const desk = await receiver.ready
    writeFileSync(join(folder.path, 'secret'), secret)
    const bridge = `url: mqtt://127.0.0.1:${mqtt}, to: habtwin, username: demo, password_file: "${join(folder.path, 'secret')}", bundle: ${bundle}`
    await using line = new Line(folder.path, `${freePorts}bridges: { earth: { ${bridge} } }\n${demoHabitat('6 h')}`)
    await line.ready
    let row: HabitatRow | undefined
    const stored = () => row?.completeness.stored ?? 0
    const grows = async (what: string) => {
      const before = stored()
      await until(async () => {
        ;[row] = await rowsOf(desk)
        return row !== undefined && stored() > before + 20
      }, what)
    }
    await grows('readings come')
    line.kill('gateway')
    await grows('readings come after a kill of the gateway')
    await receiver.kill()
    receiver = new Receiver(folder.path, config, {}, 'data-mc')
    await receiver.ready
    await grows('readings come after a kill of the receiver')
    // all that was taken is there: what is under way is counted as taken when it comes
    await until(async () => {
      ;[row] = await rowsOf(desk)
      return row?.completeness.stored === row?.completeness.taken && row?.link.state === 'up'
    }, 'all is stored')
    assert.equal(row?.refused, undefined)
    assert.match(row?.label ?? '', /\S/)
    const ask = async (path: string) => (await fetch(`http://${desk.panel}/habitats/demo/${path}`)).json()
    const here = (await ask('api/about')) as { zones: object; afar: { state: string }; side: string }
    assert.ok(Object.keys(here.zones).length > 0)
    assert.equal(here.side, 'mission-control')
    await until(
      async () => Object.keys((await ask('api/twin/estimate')) as object).length > 0,
      'what its twin says came',
    )
    await receiver[Symbol.asyncDispose]()
  })
}
