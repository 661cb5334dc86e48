/**
 * Two hundred habitats at one receiver: what it takes, what it costs, and what a kill of it costs. The gateways are
 * played by their real journals in this process, each with a connection and a user of its own.
 */
import { join } from 'node:path'
import { systemClock } from '@habtwin/runtime'
import { addToken, addUser, changeUsers, newToken, nobody } from '@habtwin/runtime/users/index'
import { PlayedGateway } from '../test/support/gateways.ts'
import { temporaryFolder } from '../test/support/line.ts'
import { Receiver, rowsOf } from '../test/support/receiver.ts'
import { freePort } from '../test/support/servers.ts'
import { until } from '../test/support/until.ts'
import { atMost, type Bench, type BenchOptions, type Outcome, round } from './support/bench.ts'
import { cpu, memory } from './support/process.ts'

const HABITATS = 200
/** Instruments of one habitat, each read every ten seconds: 200 readings a second from all. */
const DEVICES = 10
const EVERY = 10_000
/** How long they are listened to as they come, ms. */
const STEADY = 60_000
/** Readings of each habitat in the rush that follows. */
const RUSH = 500
const SLICE = 25

export const receiving: Bench = { name: 'receive', gate: true, run: measure }

async function measure({ habitats = HABITATS }: BenchOptions): Promise<Outcome> {
  using folder = temporaryFolder()
  const names = Array.from({ length: habitats }, (_, i) => `hab-${i}`)
  const tokens = usersOf(join(folder.path, 'data'), names)
  const [mqtt, websocket, panel] = [await freePort(), await freePort(), await freePort()]
  const config = `broker: { mqtt: ${mqtt}, websocket: ${websocket} }\nhttp: { panel: ${panel} }\n`
  let receiver = new Receiver(folder.path, config)
  const desk = await receiver.ready
  const empty = memory(receiver.pid)
  await using stack = new AsyncDisposableStack()
  const devices = Array.from({ length: DEVICES }, (_, i) => `dev-${i}`)
  const gateways = names.map((habitat) =>
    stack.use(
      new PlayedGateway({
        ...{ habitat, devices, every: EVERY, clock: systemClock, url: `mqtt://${desk.mqtt}` },
        ...{ username: habitat, password: tokens.get(habitat) ?? '' },
      }),
    ),
  )
  const began = performance.now()
  for (const gateway of gateways) gateway.start()
  await until(() => gateways.every(({ link }) => link.up), 'all are connected')
  const connected = performance.now() - began
  await until(async () => (await rowsOf(desk)).length === habitats, 'all have a row')
  const known = performance.now() - began

  const busyFrom = cpu(receiver.pid)
  await steadily(gateways, devices, STEADY)
  const busy = (cpu(receiver.pid) - busyFrom) / (STEADY / 1_000)
  const steady = memory(receiver.pid)
  const asked = performance.now()
  await rowsOf(desk)
  const rows = performance.now() - asked

  // as fast as it is confirmed: what is not taken live is sent again in batches
  const rushFrom = performance.now()
  await rush(gateways, devices)
  await until(() => gateways.every((one) => one.isDone), 'the rush is stored', 300_000)
  const rushed = performance.now() - rushFrom
  const full = memory(receiver.pid)

  // killed in the middle of a rush, and started again: every habitat is heard again, and nothing is lost
  const half = rush(gateways, devices)
  await receiver.kill()
  const killedAt = performance.now()
  receiver = new Receiver(folder.path, config)
  await receiver.ready
  const back = performance.now() - killedAt
  await until(() => gateways.every(({ link }) => link.up), 'all are connected again')
  const again = performance.now() - killedAt
  await half
  await until(() => gateways.every((one) => one.isDone), 'all is stored', 300_000)
  const complete = performance.now() - killedAt
  const after = await rowsOf(desk)
  const taken = gateways.reduce((sum, one) => sum + one.taken, 0)
  const stored = after.reduce((sum, { completeness }) => sum + completeness.stored, 0)
  const gaps = after.reduce((sum, { completeness }) => sum + completeness.gaps, 0)
  const rss = memory(receiver.pid)
  await receiver[Symbol.asyncDispose]()
  const figures = {
    habitats,
    empty_rss_mb: round(empty.rss),
    all_connected_ms: round(connected),
    all_known_ms: round(known),
    steady_readings_per_s: round((habitats * DEVICES * 1_000) / EVERY),
    steady_cpu_share: round(busy),
    steady_rss_mb: round(steady.rss),
    rows_ms: round(rows),
    rush_readings_per_s: round((habitats * RUSH * 1_000) / rushed),
    rush_rss_mb: round(full.rss),
    killed_desk_back_ms: round(back),
    killed_all_connected_ms: round(again),
    killed_all_stored_ms: round(complete),
    killed_rss_mb: round(rss.rss),
    taken,
    stored,
    lost: taken - stored,
    gaps,
  }
  const pass = stored === taken && gaps === 0
  return { figures, pass, goals: [atMost('steady_rss_mb', figures.steady_rss_mb, 600)] }
}

/** Readings as instruments give them, spread over the time. */
async function steadily(gateways: readonly PlayedGateway[], devices: readonly string[], ms: number): Promise<void> {
  const end = performance.now() + ms
  for (let turn = 0; performance.now() < end; turn++) {
    const from = performance.now()
    const slice = gateways.filter((_, i) => i % 10 === turn % 10)
    for (const one of slice) for (const device of devices) read(one, device)
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, EVERY / 10 - (performance.now() - from))))
  }
}

/** A few of each in turn, so that this process reads what it is told meanwhile. */
async function rush(gateways: readonly PlayedGateway[], devices: readonly string[]): Promise<void> {
  for (let n = 0; n < RUSH / SLICE; n++) {
    for (const one of gateways) {
      for (let i = 0; i < SLICE; i++) read(one, devices[i % devices.length] as string)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

let count = 0
function read(gateway: PlayedGateway, device: string): void {
  count++
  gateway.read(device, Date.now() - 1_000_000 + count / 100, { co2: 800 + (count % 50), temperature: 21 })
}

function usersOf(data: string, names: readonly string[]): Map<string, string> {
  const tokens = new Map<string, string>()
  changeUsers(join(data, 'access'), (before) => {
    let after = before ?? nobody
    for (const name of names) {
      const { secret, hash } = newToken()
      tokens.set(name, secret)
      after = addUser(after, { name, role: 'gateway', habitat: name }, Date.now())
      after = addToken(after, { id: `t-${name}`, user: name, hash }, Date.now())
    }
    return after
  })
  return tokens
}
