/** One of each wire, from one configuration: the whole line as real processes, simulated and over pairs of terminals. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Driver } from '@habtwin/gateway/drivers/driver'
import { loadDrivers } from '@habtwin/gateway/drivers/fleet'
import { bitsPerByte, type SerialSettings } from '@habtwin/gateway/drivers/serial/port'
import { simulatedAir } from '@habtwin/gateway/simulated/air'
import { SerialLine } from '@habtwin/gateway/simulated/line'
import type { SimulatedUnit } from '@habtwin/gateway/simulated/modbus'
import { RtuPeers } from '@habtwin/gateway/simulated/modbus-rtu'
import { ModbusServer } from '@habtwin/gateway/simulated/modbus-tcp'
import { servePty } from '@habtwin/gateway/simulated/serve'
import { standInLine } from '@habtwin/gateway/simulated/stand-ins'
import { type Config, parseConfig, systemClock } from '@habtwin/runtime'
import { freePorts, Line, temporaryFolder } from './support/line.ts'
import { missing, slow } from './support/servers.ts'
import { stored } from './support/stored.ts'
import { until } from './support/until.ts'

/** What is read is soon stored. */
const quick = `${freePorts}store: { commit: 1 s }\n`
const example = readFileSync(join(import.meta.dirname, '../deploy/examples/instruments.yaml'), 'utf8')

async function readExample(text: string): Promise<{ config: Config; drivers: Map<string, Driver> }> {
  const drivers = await loadDrivers()
  return { config: parseConfig(text, 'instruments.yaml', [...drivers.values()], {}), drivers }
}

/** Until every device is ok, and every one of its points that is a figure has been stored. */
async function allAreIn(line: Line, config: Config): Promise<void> {
  const { panel } = await line.ready
  const devices = Object.keys(config.devices)
  type Shown = { device: string; health: { state: string; reason?: string } | null }
  let shown: Shown[] = []
  const states = () => JSON.stringify(shown.map(({ device, health }) => [device, health?.state, health?.reason]))
  await until(async () => {
    shown = (await (await fetch(`http://${panel}/api/devices`)).json()) as Shown[]
    return devices.every((id) => shown.some(({ device, health }) => device === id && health?.state === 'ok'))
  }, 'every device is ok').catch((error: Error) => assert.fail(`${error.message}: ${states()}`))
  const lacking = () => {
    const { counts } = stored(line.data)
    return devices.filter((id) => !Object.keys(counts).some((key) => key.startsWith(`${id}/`)))
  }
  await until(() => lacking().length === 0, 'readings of every device are stored').catch((error: Error) =>
    assert.fail(`${error.message}: ${lacking()}`),
  )
}

test('the example with one of each wire runs: every device is ok and its readings reach the store', {
  skip: slow,
}, async () => {
  using folder = temporaryFolder()
  const { config } = await readExample(example)
  await using line = new Line(folder.path, quick + example)
  await allAreIn(line, config)
})

test('the same over real serial ports and a real socket: each line a pair of terminals, one configuration', {
  skip: slow || missing('socat'),
}, async () => {
  using folder = temporaryFolder()
  const simulated = await readExample(example)
  await using outside = new AsyncDisposableStack()
  let text = example
  for (const [id, bus] of Object.entries(simulated.config.buses)) {
    const path = await stand(id, bus, simulated, folder.path, outside)
    if (path !== undefined)
      text = text.replace(new RegExp(`^(  ${id}: \\{ .*)(path|host): simulated`, 'm'), `$1${path}`)
  }
  const { config } = await readExample(text)
  await using line = new Line(folder.path, quick + text)
  await allAreIn(line, config)
  const real = Object.entries(config.buses).filter(([, bus]) => bus.path !== 'simulated')
  assert.deepEqual(
    real.map(([id]) => id),
    ['meters', 'plant', 'co2-line', 'dust-line', 'duino-line'],
  )
})

/** Lets the instruments of a bus be reached from outside; returns what its configuration is then given. */
async function stand(
  id: string,
  bus: Config['buses'][string],
  { config, drivers }: { config: Config; drivers: Map<string, Driver> },
  folder: string,
  outside: AsyncDisposableStack,
): Promise<string | undefined> {
  const clock = systemClock
  const passengers = Object.entries(config.devices)
    .filter(([, device]) => device.bus === id)
    .map(([id, options]) => ({ id, options, driver: drivers.get(options.driver) as Driver }))
  const units = () =>
    passengers.map(({ driver, options }, i) => driver.standIn?.(options, simulatedAir(clock, i)) as SimulatedUnit)
  if (bus.driver === 'modbus-tcp') {
    const server = outside.use(await ModbusServer.start(units(), clock))
    return `host: 127.0.0.1, port: ${server.port}`
  }
  if (bus.path !== 'simulated' || !('baud' in bus)) return undefined
  const settings = bus as unknown as SerialSettings
  const line =
    bus.driver === 'modbus-rtu'
      ? new SerialLine({
          clock,
          baud: settings.baud,
          bits: bitsPerByte(settings),
          peers: [new RtuPeers(units(), clock)],
        })
      : standInLine({ clock, passengers }, settings)
  const { path } = outside.use(await servePty(line, join(folder, id)))
  return `path: ${path}`
}
