/**
 * Instruments in a habitat that is only simulated, to show and to try out everything else with. All devices on one
 * bus are in the same habitat; one of them, `instrument: habitat`, disturbs it.
 */
import { type DevicePoint, HabtwinError } from '@habtwin/contract'
import { quantity } from '@habtwin/runtime/config/quantity'
import { z } from 'zod'
import { type Quantity, seen } from '../virtual/frame.ts'
import { channelsOf, flawed, type InstrumentName, instruments, pointsOf } from '../virtual/instruments.ts'
import type { World, WorldOptions } from '../virtual/world.ts'
import { type BusSketch, type DeviceContext, defineDriver, type Instrument } from './driver.ts'

const names = Object.keys(instruments) as [InstrumentName, ...InstrumentName[]]

const options = z.object({
  /** What it measures; `habitat` is the handle to disturb it by. */
  instrument: z.enum([...names, 'habitat']),
})

const busOptions = z.object({
  /** The same seed gives the same habitat, with the same crew, leak and flaws of its instruments. */
  seed: z.int().nonnegative().default(7),
  /** How many times faster than the wall clock it lives. */
  speed: z.number().min(0.1).max(10_000).default(1),
  /** How much of the time before the first start its instruments remember, ms. */
  remember: quantity('ms', '48 h')
    .pipe(z.number().min(0))
    .default(48 * 3_600_000),
})

export default defineDriver<z.output<typeof options>, WorldOptions, World>({
  name: 'virtual',
  simulated: true,
  options,
  rides: ['virtual'],
  bus: {
    options: busOptions,
    async open(context) {
      const { World } = await import('../virtual/world.ts')
      return new World(context)
    },
  },
  describe: ({ instrument }, bus, every) => ({
    points: instrument === 'habitat' ? handles(bus) : pointsOf(instrument),
    pace: bus?.options.speed ?? 1,
    every: every * (bus?.options.speed ?? 1),
  }),
  async open(device) {
    if (device.options.instrument === 'habitat') return openHandles(device)
    return openInstrument(device, device.options.instrument)
  },
})

/** An instrument that looks at one zone, or at what the habitat has only one of. */
function openInstrument(device: DeviceContext<unknown, World>, name: InstrumentName): Instrument {
  const world = device.bus
  const zone = Math.max(
    0,
    world.truth.zones.findIndex(({ id }) => id === device.zone),
  )
  const channels = channelsOf(name).map(([point, channel]) => ({
    point,
    looks: channel.looks,
    times: channel.times ?? 1,
    read: flawed(world.truth.seed, device.id, point, channel),
  }))
  const measure = (t: number, see: (quantity: Quantity, zone: number) => number): Record<string, number> => {
    const values: Record<string, number> = {}
    for (const { point, looks, times, read } of channels) values[point] = read(see(looks, zone) * times, t)
    return values
  }
  plugged(device)
  return {
    read() {
      plugged(device)
      const { t, see } = world.look()
      const values = measure(t, see)
      return world.speed === 1 ? { values } : { t, values }
    },
    *history(from, to) {
      const spacing = Math.ceil(device.every / 60_000) * 60_000
      for (const frame of world.past(from, to, spacing)) {
        yield { t: frame.t, values: measure(frame.t, (quantity, of) => seen(frame, quantity, of)) }
      }
    },
    async [Symbol.asyncDispose]() {},
  }
}

/** The handle that disturbs the habitat. Its readings say what has been done to it. */
function openHandles(device: DeviceContext<unknown, World>): Instrument {
  const world = device.bus
  return {
    read() {
      const { scrubber, leak, lamps, visitors, unplug } = world.controls
      const values = {
        scrubber: Number(scrubber === 'auto'),
        leak: Number(leak === 'open'),
        lamps: Number(lamps === 'auto'),
        visitors,
        unplug: Number(unplug !== 'none'),
      }
      return world.speed === 1 ? { values } : { t: world.now(), values }
    },
    write: (point, value) => world.set(point, value),
    async [Symbol.asyncDispose]() {},
  }
}

/** What can be disturbed, and how; read back as numbers, of which 1 means working, open, or somebody there. */
function handles(bus: BusSketch<WorldOptions> | undefined): Record<string, DevicePoint> {
  const handle = (label: string, writable: (string | number)[], most = 1): DevicePoint => ({
    unit: '1',
    label,
    range: [0, most],
    writable,
  })
  return {
    scrubber: handle('CO₂ scrubber', ['auto', 'failed']),
    leak: handle('Leak', ['sealed', 'open']),
    lamps: handle('Lamps', ['auto', 'off']),
    visitors: handle('Visitors', [0, 2], 2),
    unplug: handle('Unplugged device', ['none', ...(bus?.devices ?? [])]),
  }
}

/** Throws as a real instrument does that somebody has pulled the plug of. */
function plugged({ id, bus }: DeviceContext<unknown, World>): void {
  if (bus.controls.unplug === id) throw new HabtwinError('device/unreachable', 'it is unplugged', { where: id })
}
