/** Worlds for the conformance suite in which a Modbus device is there, for every driver that rides on a Modbus bus. */
import { systemClock, TestClock } from '@habtwin/runtime/clock'
import { simulatedAir } from '../../simulated/air.ts'
import { SerialLine } from '../../simulated/line.ts'
import { SimulatedUnit } from '../../simulated/modbus.ts'
import { RtuPeers } from '../../simulated/modbus-rtu.ts'
import { ModbusServer } from '../../simulated/modbus-tcp.ts'
import { serveTcp } from '../../simulated/serve.ts'
import type { Stand } from '../conformance.ts'
import type { Driver } from '../driver.ts'
import { loadDrivers } from '../fleet.ts'

/** The keys of devices that cannot do without any. */
const keys: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'modbus-tcp': { registers: { co2: { address: 0 }, temperature: { address: 10, type: 'f32', order: 'CDAB' } } },
  // one request: the clock of the suite stands still, and so does the silence before another
  'modbus-rtu': { registers: { co2: { address: 0 }, temperature: { address: 1, type: 'f32', order: 'CDAB' } } },
  'analog-input': { channels: { co2: { channel: 3, from: 0, to: 5_000, unit: 'ppm' } } },
  'h2-detector': { address: 259, counts: 'lel%', digit: 0.1 },
}

export async function modbusStands(): Promise<Record<string, () => Promise<Stand>>> {
  const stands: Record<string, () => Promise<Stand>> = {}
  for (const [name, driver] of await loadDrivers()) {
    const [bus] = driver.rides ?? []
    if (bus === 'modbus-tcp') stands[name] = () => overTcp(driver)
    if (bus === 'modbus-rtu') stands[name] = () => overRtu(driver)
  }
  return stands
}

function unitOf(driver: Driver): SimulatedUnit {
  const options = driver.options.parse(keys[driver.name] ?? {})
  const unit = driver.standIn?.(options, simulatedAir(new TestClock()))
  if (unit instanceof SimulatedUnit) return unit
  throw new TypeError(`${driver.name} has no stand-in`)
}

async function overTcp(driver: Driver): Promise<Stand> {
  const unit = unitOf(driver)
  const server = await ModbusServer.start([unit], systemClock)
  return {
    device: keys[driver.name] ?? {},
    bus: { host: '127.0.0.1', port: server.port },
    absent: { bus: { port: 1 } },
    hang: () => {
      unit.faults.frozen = true
    },
    break: () => server.hangUp(),
    mend: () => server.mend(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

async function overRtu(driver: Driver): Promise<Stand> {
  const line = new SerialLine({ clock: systemClock, peers: [new RtuPeers([unitOf(driver)], systemClock)] })
  const served = await serveTcp(line)
  return {
    device: keys[driver.name] ?? {},
    bus: { path: served.path },
    absent: { bus: { path: 'tcp://127.0.0.1:1' } },
    hang: () => line.freeze(true),
    break: () => served.unplug(),
    mend: () => served.replug(),
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  }
}
