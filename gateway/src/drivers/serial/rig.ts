/** For tests: a driver on a simulated line, in this process and on a clock that the test moves. */
import type { HabtwinError } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import { SerialLine, type SerialPeer } from '../../simulated/line.ts'
import type { Driver, Instrument, Sample, Setting } from '../driver.ts'
import { SerialBus } from './bus.ts'

const settings = { path: 'simulated', baud: 9_600, parity: 'none', dataBits: 8, stopBits: 1 } as const

/**
 * @param written the device's own keys, as in a configuration
 * @param every ms between readings
 */
export function rig(driver: Driver, written: object, peer: SerialPeer, every = 1_000) {
  const clock = new TestClock()
  const line = new SerialLine({ clock, peers: [peer], random: () => 0.3 })
  const bus = new SerialBus(settings, async () => line.open())
  const options = driver.options.parse(written)
  const reports: HabtwinError[] = []
  const samples: (Sample & { at: number })[] = []
  const habitat = { pressure: 1_013, timezone: 'UTC', zones: {} }
  const report = (error: HabtwinError) => reports.push(error)
  let instrument: Instrument | undefined

  /** Moves the clock until the promise is settled. */
  const soon = async <T>(promise: Promise<T>, most = 5_000): Promise<T> => {
    let settled = false
    const done = promise.finally(() => {
      settled = true
    })
    done.catch(() => {})
    const step = Math.max(5, most / 500)
    for (let waited = 0; !settled && waited < most; waited += step) await clock.advance(step)
    return done
  }
  return {
    ...{ clock, line, bus, reports, samples, options, soon },
    description: () => driver.describe(options, { options: settings, devices: ['it'] }, every),
    async open(): Promise<void> {
      const { signal } = new AbortController()
      const context = { id: 'it', clock, habitat, report, options, zone: 'crew', every, bus, nearby: () => undefined }
      instrument = await soon(driver.open({ ...context, signal }))
    },
    /** One reading; gives up after `most` ms. */
    async read(most = 1_000): Promise<Sample> {
      const abort = new AbortController()
      clock.after(most, () => abort.abort(new Error('time is up')))
      return soon(Promise.resolve(instrument?.read?.(abort.signal) as Promise<Sample>))
    },
    /** Streams from now on; rejects with what ends it. */
    stream(emit = async () => {}, signal = new AbortController().signal): Promise<string> {
      const streaming = instrument?.stream?.(async (sample) => {
        samples.push({ ...sample, at: clock.mono() })
        await emit()
      }, signal) as Promise<string>
      streaming.catch(() => {})
      return streaming
    },
    write: (point: string, value: Setting) =>
      soon(Promise.resolve(instrument?.write?.(point, value, new AbortController().signal) as Promise<Setting>)),
    async [Symbol.asyncDispose]() {
      await instrument?.[Symbol.asyncDispose]()
      await bus[Symbol.asyncDispose]()
    },
  }
}
