/** An open device on a Modbus bus: reads its registers, sets its writable points, and believes what it says of itself. */
import { HabtwinError } from '@habtwin/contract'
import type { DeviceContext, Instrument, Sample } from '../driver.ts'
import type { Limits } from './blocks.ts'
import type { ModbusBus } from './bus.ts'
import { type Reading, RegisterReader } from './reader.ts'
import type { Register, Registers } from './registers.ts'
import { Unit, type UnitOptions } from './unit.ts'

/** A register in which the device says how far its values are to be believed. It is no point of its own. */
export interface Status {
  readonly register: Register
  /** The points that it speaks of. */
  readonly of: readonly string[]
  /** Mask, and quality (`uncertain:<why>` or `bad:<why>`) where any bit of it is set; the first that fits counts. */
  readonly says: readonly (readonly [mask: number, quality: string])[]
}

export interface InstrumentOptions extends UnitOptions, Limits {}

export interface Plan {
  readonly options: InstrumentOptions
  readonly registers: Registers
  readonly status?: readonly Status[]
  /** Before each reading: what the device has to be told first. */
  readonly before?: (unit: Unit, signal: AbortSignal) => Promise<void>
}

/** Name of a status register among the others; no point can be called that. */
const hidden = (i: number) => `#${i}`

/** All registers of a reading, those that are no points as well. */
export function registersOf({ registers, status = [] }: Pick<Plan, 'registers' | 'status'>): Registers {
  return { ...registers, ...Object.fromEntries(status.map(({ register }, i) => [hidden(i), register])) }
}

export function openInstrument(
  { id: where, bus, clock }: Pick<DeviceContext<unknown, ModbusBus>, 'id' | 'bus' | 'clock'>,
  plan: Plan,
): Instrument {
  const { options, registers, status = [], before } = plan
  const unit = new Unit(bus, where, options, clock)
  const reader = new RegisterReader(unit, registersOf(plan), options, clock)
  return {
    async read(signal) {
      await before?.(unit, signal)
      return judged(await reader.read(signal), status)
    },
    async write(point, value, signal) {
      const entry = registers[point]
      if (entry === undefined) throw new HabtwinError('command/refused', `there is no ${point}`, { where })
      await unit.set(point, entry, value, signal)
      const now = await reader.readOne(point, signal)
      if (now === null) throw new HabtwinError('device/garbled', `${point} was set, and has no value now`, { where })
      return now
    },
    async [Symbol.asyncDispose]() {}, // the wire is the bus's
  }
}

/** A reading as a sample: what the device doubts is doubted, and what it calls bad is no number. */
function judged({ values, quality, raw }: Reading, status: readonly Status[]): Sample {
  for (const [i, { of, says }] of status.entries()) {
    const word = raw[hidden(i)] ?? 0
    delete values[hidden(i)]
    delete quality[hidden(i)]
    // a status that cannot be read leaves the values to be what they are
    const verdict = says.find(([mask]) => (word & mask) !== 0)?.[1]
    if (verdict === undefined) continue
    for (const point of of) {
      if (!(point in values)) continue
      quality[point] ??= verdict
      if (verdict.startsWith('bad:')) values[point] = null
    }
  }
  return Object.keys(quality).length === 0 ? { values } : { values, quality }
}
