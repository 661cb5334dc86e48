/** PMS5003 of Plantower (PMS7003, PMSA003 speak the same): dust, ug/m3 in the air as it is ("under atmospheric"). */
import { HabtwinError, points as vocabulary } from '@habtwin/contract'
import { duration } from '@habtwin/runtime/config/quantity'
import { z } from 'zod'
import { PlantowerPeer } from '../simulated/serial/plantower.ts'
import { type DeviceContext, defineDriver, type Emit, type Sample } from './driver.ts'
import { alone, wireTime } from './serial/alone.ts'
import type { SerialBus } from './serial/bus.ts'
import { ask, askFor, follow, type Question, whileThere } from './serial/exchange.ts'
import { Deframer, wordAt } from './serial/frames.ts'
import { COMMAND, command, DATA, FAN, MODE, plantowerFrame, READ } from './serial/plantower.ts'

const options = z.object({
  /**
   * `active`: it says a reading every second or so. `passive`: it is asked. `sleep`: its fan and laser, which last some
   * 8,000 h, run half a minute for each reading and rest until the next.
   */
  mode: z.enum(['active', 'passive', 'sleep']).default('active'),
  /** Without a reading for so long, it counts as gone (`active`). */
  silence: duration('10 s').default(10_000),
})

type Options = z.output<typeof options>
type Device = DeviceContext<Options, SerialBus>

/** ms that the fan needs until its values hold (manual V2.3, note on "stable data … after the sensor wakeup"). */
const SETTLES = 30_000
/** ms that it may take for an answer; a frame takes 33 on the wire. */
const ANSWERS = 2_000

export default defineDriver<Options, SerialBus['settings'], SerialBus>({
  name: 'pms5003',
  about: {
    maker: 'Plantower',
    model: 'PMS5003 (PMS7003, PMSA003)',
    source: 'PMS5003 series data manual V2.3, appendix I',
    settings: '9600 8N1',
  },
  simulated: false,
  options,
  rides: ['serial'],
  describe({ mode }, bus, every) {
    alone('pms5003', bus)
    if (mode === 'sleep' && every < 2 * SETTLES) {
      const message = `a sensor that sleeps between readings needs at least ${(2 * SETTLES) / 1_000} s between them`
      throw new HabtwinError('config/invalid', message, { where: 'pms5003' })
    }
    const points = Object.fromEntries(['pm1', 'pm25', 'pm10'].map((point) => [point, { unit: vocabulary.pm25.unit }]))
    return { points, warmup: SETTLES }
  },
  airtime: ({ mode }, { options }) => (mode === 'active' ? 0 : wireTime(options, COMMAND + DATA)),
  standIn: (_, air) => new PlantowerPeer(air),
  async open(device) {
    const { bus, options, id: where } = device
    await bus.connect(device.signal)
    await bus.write(command(FAN, 1))
    await bus.write(command(MODE, options.mode === 'active' ? 1 : 0))
    const parser = new Deframer(plantowerFrame)
    const question = { bus, where, request: command(READ, 0), parser, answer: sampleOf }
    const end = { async [Symbol.asyncDispose]() {} } // the line is the bus's
    if (options.mode === 'passive') return { ...end, read: (signal) => ask(question, signal) }
    if (options.mode === 'sleep') return { ...end, stream: (emit, signal) => doze(device, question, emit, signal) }
    return {
      ...end,
      stream(emit, signal) {
        parser.clear()
        const samples = (bytes: Uint8Array) => parser.push(bytes).flatMap((frame) => sampleOf(frame) ?? [])
        const { silence } = options
        return follow({ ...device, where, silence, samples, spoilt: () => parser.spoilt }, emit, signal)
      },
    }
  },
})

/** Wakes the fan, waits until values hold, asks, and puts it to sleep again. */
async function doze(
  { bus, clock, every }: Device,
  question: Question<Uint8Array, Sample>,
  emit: Emit,
  signal: AbortSignal,
): Promise<never> {
  using line = whileThere(bus, signal)
  for (;;) {
    await bus.write(command(FAN, 1))
    await clock.sleep(SETTLES, line.signal)
    await emit(await askFor(question, ANSWERS, clock, signal))
    await bus.write(command(FAN, 0))
    await clock.sleep(every - SETTLES, line.signal)
  }
}

function sampleOf(frame: Uint8Array): Sample | undefined {
  if (frame.length !== DATA) return undefined
  // words 4 to 6; 1 to 3 are reckoned for the particles of a factory
  return { values: { pm1: wordAt(frame, 10), pm25: wordAt(frame, 12), pm10: wordAt(frame, 14) } }
}
