/** Worlds for the conformance suite: each instrument simulated on a line behind a socket, which can be pulled out. */
import { type Clock, systemClock } from '@habtwin/runtime/clock'
import { simulatedAir } from '../../simulated/air.ts'
import { SerialLine, type SerialPeer } from '../../simulated/line.ts'
import { serveTcp } from '../../simulated/serve.ts'
import type { Stand } from '../conformance.ts'
import type { Driver } from '../driver.ts'
import mhz16 from '../mhz16.ts'
import mhz19 from '../mhz19.ts'
import pms5003 from '../pms5003.ts'
import sds011 from '../sds011.ts'
import serialText from '../serial-text.ts'

/** Fifty times faster than the real ones, so that the suite does not wait for copper. */
const hurried: Clock = {
  ...systemClock,
  mono: () => systemClock.mono() * 50,
  after: (ms, call) => systemClock.after(ms / 50, call),
}

/** @param device keys of the device */
export async function serialStand(driver: Driver, device: Readonly<Record<string, unknown>>): Promise<Stand> {
  const air = simulatedAir(systemClock)
  const peer = driver.standIn?.(driver.options.parse(device), air) as SerialPeer
  const line = new SerialLine({ clock: hurried, peers: [peer] })
  const served = await serveTcp(line)
  return {
    device,
    bus: { path: served.path },
    absent: { bus: { path: 'tcp://127.0.0.1:1' } },
    hang: () => line.freeze(true),
    break: () => served.unplug(),
    mend: () => served.replug(),
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  }
}

export const serialStands: Record<string, () => Promise<Stand>> = {
  mhz16: () => serialStand(mhz16, {}),
  mhz19: () => serialStand(mhz19, {}),
  pms5003: () => serialStand(pms5003, { mode: 'passive' }),
  sds011: () => serialStand(sds011, { mode: 'query' }),
  'serial-text': () => serialStand(serialText, { points: { co2: {}, temperature: { from: 't' } } }),
}
