import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommandResult } from '@habtwin/contract'
import { silentLog, TestClock } from '@habtwin/runtime'
import type { From } from '../commands/afar.ts'
import { Commands } from '../commands/commands.ts'
import { expiryBy } from './expiry.ts'

const MINUTE = 60_000

/** Commands to the guard, of a gateway whose house clock runs an hour beside the machine's as long as that is not set. */
function rig() {
  const machine = new TestClock()
  const house = { synced: false, now: () => machine.now() + (house.synced ? 0 : 60 * MINUTE) }
  const clock = {
    now: () => house.now(),
    mono: () => machine.mono(),
    after: machine.after.bind(machine),
    sleep: machine.sleep.bind(machine),
  }
  const kept = new Map<string, string>()
  const results: CommandResult[] = []
  const commands = new Commands({
    clock,
    due: expiryBy(house, machine),
    log: silentLog(),
    write: () => Promise.reject(new Error('no device is commanded here')),
    own: { guard: (_point, { value }) => value },
    controls: {
      controlled: () => undefined,
      refusal: () => undefined,
      interlock: () => undefined,
      intend: () => undefined,
    },
    audit: () => true,
    state: { load: (name) => kept.get(name), save: (name, text) => kept.set(name, text) },
    result: (_topic, body) => results.push(body),
  })
  let ids = 0
  const send = async (expires: number, from: From | undefined) => {
    const body = { id: `c-${++ids}`, value: 'crew-co2-high', by: 'Noa', expires }
    await commands.handle('guard', 'acknowledge', Buffer.from(JSON.stringify(body)), from)
    const { state, reason } = results.at(-1) as CommandResult
    return reason === undefined ? state : `${state}: ${reason}`
  }
  return { machine, house, send }
}

const sim: From = { role: 'service', clientId: 'sim-1' }
const earth: From = { role: 'mission-control', clientId: 'earth', user: 'cap' }

test('while the clock is not set, what was sent on this machine is judged by the clock that it was sent by', async () => {
  const { machine, send } = rig()
  assert.equal(await send(machine.now() + MINUTE, sim), 'done')
  assert.equal(await send(machine.now() - 1, sim), 'expired: it came after its time')
})

test('while the clock is not set, what comes from another machine is refused, and says why', async () => {
  const { machine, house, send } = rig()
  assert.match(await send(machine.now() + 90 * MINUTE, earth), /^refused: the clock of the gateway is not set/)
  house.synced = true
  assert.match(await send(machine.now() + MINUTE, earth), /^waiting/)
  assert.match(await send(machine.now() - 1, earth), /^expired: it came after its time/)
})
