/**
 * The broker alone, in a process of its own, with its users, rules, limits and journal: what a bench talks to. Prints
 * its port when it is open.
 *
 *   node bench/mqtt/serve.ts FOLDER SECRET '{"connections": 10000}' [mqtt5]
 */
import { join } from 'node:path'
import { createBroker, type Limits } from '@habtwin/broker'
import { systemClock } from '@habtwin/runtime'
import { AccessControl, addUser, changeUsers, hashPassword } from '@habtwin/runtime/users/index'

/** As the launcher has it for the gateway that `up` starts (cli/bin/habtwin.js). */
export const MEMORY = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' }
export const FLAGS = ['--max-semi-space-size=4', '--semi-space-growth-factor=1']
export const HABITAT = 'bench'
/** Another habitat's gateway: it may publish all there is of its own, and is bounded by no rate. */
export const USER = 'edge'

if (import.meta.main) {
  const [folder = '', secret = '', limits = '{}', five] = process.argv.slice(2)
  const users = join(folder, 'access')
  const password = await hashPassword(secret)
  changeUsers(users, (before) =>
    addUser(before, { name: USER, role: 'gateway', habitat: HABITAT, password }, Date.now()),
  )
  changeUsers(users, (before) => addUser(before, { name: 'crew', role: 'crew', password }, Date.now()))
  const log = { info: () => {}, warn: () => {}, error: () => {} }
  const access = AccessControl.open({ folder: users, clock: systemClock, log })
  const tcp = { host: '127.0.0.1', port: 0 }
  const bounds: Partial<Limits> = { perUser: 20_000, ...(JSON.parse(limits) as Partial<Limits>) }
  const broker = createBroker({ tcp, folder, limits: bounds, mqtt5: five === 'mqtt5' }, { access })
  await broker.start()
  process.stdout.write(`${broker.address('tcp')?.split(':')[1]}\n`)
  process.on('SIGINT', () => process.exit(0)) // so that a profile is written
}
