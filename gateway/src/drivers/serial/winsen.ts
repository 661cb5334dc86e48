/**
 * CO2 sensors of Winsen on a serial line: MH-Z19 (B, C) and MH-Z16, 9600 baud 8N1, frames of nine bytes.
 * Source: Winsen, "MH-Z19B user's manual" 1.0 and "MH-Z16 user's manual" 2.4, the sections on the communication
 * protocol. Beyond these: the temperature of MH-Z19 (byte 4, minus 40) and what it says while it starts (bytes 6 and 7
 * give 15000) are known from open drivers only.
 *
 *   asked  FF 01 86 00 00 00 00 00 79
 *   says   FF 86 hi lo t+40 … … … checksum
 */
import { type DevicePoint, HabtwinError } from '@habtwin/contract'
import { duration } from '@habtwin/runtime/config/quantity'
import { z } from 'zod'
import type { Driver, Sample, Setting } from '../driver.ts'
import { alone, wireTime } from './alone.ts'
import type { SerialBus } from './bus.ts'
import { ask, follow } from './exchange.ts'
import { begins, Deframer, type FrameShape, sum, wordAt } from './frames.ts'

/** Commands: byte 2 of a request, byte 1 of an answer. */
export const READ = 0x86
export const ZERO = 0x87
export const SELF_CALIBRATION = 0x79

const SIZE = 9
/** Bytes 6 and 7 while the sensor starts. */
export const STARTING = 15_000

export const winsenFrame: FrameShape = {
  longest: SIZE,
  sizeOf: (rest) => (!begins(rest, 0xff) ? 0 : rest.length < 2 ? undefined : answers(rest[1]) ? SIZE : 0),
  holds: (frame) => frame[SIZE - 1] === checksum(frame),
}

function answers(command: number | undefined): boolean {
  return command === READ || command === ZERO || command === SELF_CALIBRATION
}

/** The two's complement of the sum of bytes 1 to 7. */
export function checksum(frame: Uint8Array): number {
  return -sum(frame, 1, SIZE - 1) & 0xff
}

/** A request, or an answer: nine bytes with their checksum. */
export function winsen(...bytes: number[]): Uint8Array {
  const frame = Uint8Array.from({ length: SIZE }, (_, i) => bytes[i] ?? 0)
  frame[SIZE - 1] = checksum(frame)
  return frame
}

const options = z.object({
  /** `listen` for firmware that says its reading by itself. */
  mode: z.enum(['ask', 'listen']).default('ask'),
  /** ppm up to which it measures, as ordered; above that it shows this figure whatever there is. */
  range: z.int().min(1_000).max(65_535).optional(),
  /**
   * Its self-calibration takes the lowest value of a day for 400 ppm. That holds where windows are opened; in a sealed
   * habitat it makes the figure drift, so it is switched off unless this is true.
   */
  abc: z.boolean().default(false),
  /** Without a reading for so long, it counts as gone (`listen`). */
  silence: duration('10 s').default(10_000),
})

export type WinsenOptions = z.output<typeof options>

export interface Model {
  readonly name: string
  /** As it is sold. */
  readonly model: string
  readonly source: string
  /** ppm */
  readonly range: number
  /** Whether it tells its own temperature. */
  readonly warm: boolean
  readonly standIn: Driver<WinsenOptions>['standIn']
}

/** The driver of one model. */
export function winsenDriver({
  name,
  model,
  source,
  range,
  warm,
  standIn,
}: Model): Driver<WinsenOptions, SerialBus['settings'], SerialBus> {
  const points: Record<string, DevicePoint> = {
    co2: { unit: '[ppm]' },
    // of the sensor, which warms itself: not of the air
    ...(warm
      ? { 'sensor-temperature': { unit: 'Cel', label: 'In the sensor', range: [-40, 125] as [number, number] } }
      : {}),
    abc: { unit: '1', label: 'Self-calibration', range: [0, 1], writable: [0, 1] },
    'zero-point': { unit: '[ppm]', label: 'Calibrate now', writable: [400] },
  }
  return {
    name,
    about: { maker: 'Winsen', model, source, settings: '9600 8N1' },
    simulated: false,
    options,
    rides: ['serial'],
    // warm-up: 3 min (MH-Z19B 1.0, table 1; MH-Z16 2.4, table 2)
    describe(_, bus) {
      alone(name, bus)
      return { points, warmup: 180_000 }
    },
    airtime: (_, { options }) => wireTime(options, 2 * SIZE),
    ...(standIn === undefined ? {} : { standIn }),
    async open({
      id: where,
      bus,
      clock,
      every,
      report,
      options: { mode, abc, silence, range: limit = range },
      signal,
    }) {
      const parser = new Deframer(winsenFrame)
      let calibrates = abc
      /** Whether the sensor has been told since it started. */
      let told = false
      await bus.connect(signal)

      const calibrate = () => bus.write(winsen(0xff, 1, SELF_CALIBRATION, calibrates ? 0xa0 : 0))
      const heard = (frame: Uint8Array) => {
        const starting = warm && wordAt(frame, 6) === STARTING
        // it forgets while it starts, and starts with self-calibration on
        if (!starting && !told) {
          calibrate().catch(() => {
            told = false // the line was lost, which whoever reads is told
          })
        }
        told = !starting
        return sampleOf(frame, { warm, starting, limit, calibrates })
      }
      const reading = (frame: Uint8Array) => (frame[1] === READ ? frame : undefined)
      const request = winsen(0xff, 1, READ)
      const commands = {
        async write(point: string, value: Setting): Promise<Setting> {
          if (point === 'abc') {
            calibrates = Number(value) === 1
            await calibrate()
          } else if (point === 'zero-point') await bus.write(winsen(0xff, 1, ZERO))
          else throw new HabtwinError('command/refused', `there is no ${point}`, { where })
          // the manual knows of no answer to either
          return value
        },
        async [Symbol.asyncDispose]() {}, // the line is the bus's
      }
      if (mode === 'ask') {
        return {
          ...commands,
          read: async (signal) => heard(await ask({ bus, where, request, parser, answer: reading }, signal)),
        }
      }
      return {
        ...commands,
        stream(emit, signal) {
          parser.clear()
          const samples = function* (bytes: Uint8Array) {
            for (const frame of parser.push(bytes)) if (reading(frame)) yield heard(frame)
          }
          const spoilt = () => parser.spoilt
          return follow({ bus, clock, where, every, silence, samples, spoilt, report }, emit, signal)
        },
      }
    },
  }
}

interface State {
  readonly warm: boolean
  readonly starting: boolean
  /** ppm */
  readonly limit: number
  readonly calibrates: boolean
}

function sampleOf(frame: Uint8Array, { warm, starting, limit, calibrates }: State): Sample {
  const ppm = wordAt(frame, 2)
  // there is no air without any; 65535 is what memory holds that was never written
  const none = ppm === 0 || ppm === 0xffff
  const quality = none
    ? 'bad:no-value'
    : starting
      ? 'uncertain:warmup'
      : ppm >= limit
        ? 'uncertain:saturated'
        : undefined
  return {
    values: {
      co2: none ? null : ppm,
      ...(warm ? { 'sensor-temperature': (frame[4] ?? 0) - 40 } : {}),
      abc: calibrates ? 1 : 0,
    },
    ...(quality === undefined ? {} : { quality: { co2: quality } }),
  }
}
