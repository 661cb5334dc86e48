/** SDS011 of Nova Fitness: dust, ug/m3. Each sensor has a number that its frames bear. */
import { HabtwinError, isHabtwinError, points as vocabulary } from '@habtwin/contract'
import { duration } from '@habtwin/runtime/config/quantity'
import { z } from 'zod'
import { NovaPeer } from '../simulated/serial/nova.ts'
import { defineDriver, type Sample } from './driver.ts'
import { alone, wireTime } from './serial/alone.ts'
import type { SerialBus } from './serial/bus.ts'
import { ask, askFor, follow } from './serial/exchange.ts'
import { Deframer } from './serial/frames.ts'
import {
  ANSWER,
  ANY,
  COMMAND,
  command,
  FRAME,
  idOf,
  MODE,
  novaFrame,
  PERIOD,
  QUERY,
  READING,
  SLEEP,
} from './serial/nova.ts'

const options = z.object({
  /** `active`: it reports by itself, every second. `query`: it is asked. */
  mode: z.enum(['active', 'query']).default('active'),
  /**
   * Minutes of which it works for half a minute, reports, and rests; 0 works without a rest. Its laser lasts some
   * 8,000 h (`active`).
   */
  period: z.int().min(0).max(30).default(0),
  /** Its number, four hexadecimal digits: readings of any other sensor are refused. */
  id: z
    .string()
    .regex(/^[0-9a-f]{4}$/i, 'write the four hexadecimal digits of its label')
    .transform((id) => id.toUpperCase())
    .optional(),
  /** Without a reading for so long beyond its period, it counts as gone (`active`). */
  silence: duration('10 s').default(10_000),
})

/** Highest figure that it shows (specification V1.3, technical parameters: 0.0 to 999.9 ug/m3). */
const HIGHEST = 999.9
/** ms in which it confirms a command; the answer takes 10 on the wire. */
const CONFIRMS = 200

export default defineDriver<z.output<typeof options>, SerialBus['settings'], SerialBus>({
  name: 'sds011',
  about: {
    maker: 'Nova Fitness',
    model: 'SDS011',
    source: 'Laser Dust Sensor Control Protocol V1.3; SDS011 specification V1.3',
    settings: '9600 8N1',
  },
  simulated: false,
  options,
  rides: ['serial'],
  describe({ mode, period }, bus) {
    alone('sds011', bus)
    if (mode === 'query' && period > 0) {
      throw new HabtwinError('config/invalid', 'a sensor that rests cannot be asked; use mode active', {
        where: 'sds011',
      })
    }
    const { unit } = vocabulary.pm25
    // it works for 30 s before it reports where it rests in between, so that its air is fresh
    return { points: { pm25: { unit }, pm10: { unit } }, warmup: 30_000 }
  },
  airtime: ({ mode }, { options }) => (mode === 'active' ? 0 : wireTime(options, COMMAND + FRAME)),
  standIn: ({ id }, air) => new NovaPeer(air, id),
  async open({ bus, clock, every, report, id: where, options: { mode, period, id, silence }, signal }) {
    await bus.connect(signal)
    const to = id ?? ANY
    const parser = new Deframer(novaFrame)
    const tell = async (what: number, value: number) => {
      const answer = (frame: Uint8Array) => (frame[1] === ANSWER && frame[2] === what ? true : undefined)
      const question = { bus, where, request: command(what, value, to), parser, answer }
      // what does not hear commands, for want of a wire, may still speak
      await askFor(question, CONFIRMS, clock, signal).catch((error: unknown) => {
        if (!isHabtwinError(error) || error.code === 'device/unreachable') throw error
      })
    }
    // asleep, it hears only that it is to wake; one after the other, as it has room for one
    await tell(SLEEP, 1)
    await tell(MODE, mode === 'active' ? 0 : 1)
    await tell(PERIOD, period)
    const answer = (frame: Uint8Array) => {
      if (frame[1] !== READING) return undefined
      const expected = id ?? bus.memory.get(where)
      if (expected === undefined) bus.memory.set(where, idOf(frame))
      else if (expected !== idOf(frame)) throw another(idOf(frame), expected, where)
      return sampleOf(frame)
    }
    const end = { async [Symbol.asyncDispose]() {} } // the line is the bus's
    if (mode === 'query') {
      const question = { bus, where, request: command(QUERY, 0, to), parser, answer }
      return { ...end, read: (signal) => ask(question, signal) }
    }
    return {
      ...end,
      stream(emit, signal) {
        parser.clear()
        const samples = (bytes: Uint8Array) => parser.push(bytes).flatMap((frame) => answer(frame) ?? [])
        const patience = silence + period * 60_000
        const spoilt = () => parser.spoilt
        return follow({ bus, clock, where, every, silence: patience, samples, spoilt, report }, emit, signal)
      },
    }
  },
})

/** The port stands for another sensor than before, or than the one that is configured. */
function another(id: string, expected: string, where: string): HabtwinError {
  const message = `sensor ${id} answers where ${expected} should be; if that is as it should be, write id: "${id}"`
  return new HabtwinError('device/garbled', message, { where })
}

function sampleOf([, , fineLow = 0, fineHigh = 0, coarseLow = 0, coarseHigh = 0]: Uint8Array): Sample {
  const values = { pm25: (fineHigh * 256 + fineLow) / 10, pm10: (coarseHigh * 256 + coarseLow) / 10 }
  const full = Object.entries(values).filter(([, value]) => value >= HIGHEST)
  if (full.length === 0) return { values }
  return { values, quality: Object.fromEntries(full.map(([point]) => [point, 'uncertain:saturated'])) }
}
