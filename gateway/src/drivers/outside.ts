/**
 * A device that publishes its readings itself, by MQTT: an ESP32 with Tasmota or ESPHome, a logger, another program.
 *
 *   in/{device}          {"t": 1732200000000, "values": {"co2": 812.4, "temperature": 21.5}}, or the values alone
 *   in/{device}/{point}  812.4
 */
import { HabtwinError, id } from '@habtwin/contract'
import { z } from 'zod'
import { type DeviceContext, defineDriver, type OutsideMessage, type Sample } from './driver.ts'
import { declareFigures, type Figures, figure, valueAt } from './text/figures.ts'

const options = z.object({
  /** Point → where its value lies in what is published, and its unit; the name of the point where nothing is said. */
  points: z
    .record(id, figure.omit({ match: true }))
    .refine((points) => Object.keys(points).length > 0, 'name at least one point'),
})

type Options = z.output<typeof options>

/** How far a device's clock may be ahead of this one before its times are not believed, ms. */
const AHEAD = 60_000
/** Before 2020 no clock was set that is set. */
const EPOCH = Date.UTC(2020)

export default defineDriver<Options>({
  name: 'outside',
  simulated: false,
  options,
  describe: ({ points }) => ({ points: declareFigures(points) }),
  async open(device) {
    const { inbox, id: where } = device
    if (inbox === undefined) throw new HabtwinError('device/unreachable', 'nothing takes what it publishes', { where })
    const closed = new AbortController()
    return {
      async stream(emit, signal) {
        const ended = Promise.withResolvers<never>()
        const until = AbortSignal.any([signal, closed.signal])
        const seen = new Seen()
        using _open = inbox.open(where, (message) => {
          const sample = read(message, device)
          const late = seen.note(sample, device.clock.now())
          if (late !== undefined) emit(sample, late ? { late } : undefined).catch(ended.reject)
        })
        until.addEventListener('abort', () => ended.reject(until.reason), { once: true })
        if (until.aborted) ended.reject(until.reason)
        return await ended.promise
      },
      async [Symbol.asyncDispose]() {
        closed.abort()
      },
    }
  },
})

/** Readings of which a repetition is known as such. */
const REMEMBERED = 256

/** What a device has said of late: it repeats what it believes was not taken. */
class Seen {
  #newest = Number.NEGATIVE_INFINITY
  readonly #said = new Map<number, string>()

  /** @returns whether it comes after a newer one; undefined where it has been here already */
  note({ t, values }: Sample, now: number): boolean | undefined {
    if (t === undefined) {
      this.#newest = Math.max(this.#newest, now)
      return false
    }
    const text = JSON.stringify(values)
    if (this.#said.get(t) === text) return undefined
    this.#said.set(t, text)
    const oldest = this.#said.size > REMEMBERED ? this.#said.keys().next().value : undefined
    if (oldest !== undefined) this.#said.delete(oldest)
    const late = t <= this.#newest
    this.#newest = Math.max(this.#newest, t)
    return late
  }
}

/** The sample in a message. Throws device/garbled. */
function read({ point, text }: OutsideMessage, { id: where, options, clock }: DeviceContext<Options>): Sample {
  const figures = options.points as Figures
  const document = jsonOf(text, where)
  if (point !== undefined) {
    const name = Object.keys(figures).find((own) => own === point || figures[own]?.key === point)
    const figure = name === undefined ? undefined : figures[name]
    if (name === undefined || figure === undefined) throw garbled(where, `it has no point ${point}`)
    const value = valueAt({ figure: document }, name, { ...figure, key: 'figure' })
    if (typeof value !== 'number') throw garbled(where, `${shown(text)} is no figure`)
    return { values: { [name]: value } }
  }
  if (typeof document !== 'object' || document === null) throw garbled(where, `${shown(text)} does not say of what`)
  const { t, values: wrapped } = document as { t?: unknown; values?: unknown }
  const given = typeof wrapped === 'object' && wrapped !== null ? wrapped : document
  const values: Record<string, number | null> = {}
  for (const [name, figure] of Object.entries(figures)) {
    const value = valueAt(given, name, figure)
    if (value !== undefined) values[name] = value
  }
  if (Object.keys(values).length === 0) throw garbled(where, `${shown(text)} has no point that is configured`)
  if (t === undefined) return { values }
  if (typeof t === 'number' && t >= EPOCH && t <= clock.now() + AHEAD) return { t: Math.round(t), values }
  // its clock is not set: the time is that of the arrival
  const quality = Object.fromEntries(Object.keys(values).map((name) => [name, 'uncertain:clock']))
  return { values, quality }
}

function jsonOf(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw garbled(where, `${shown(text)} is neither a figure nor JSON`)
  }
}

function garbled(where: string, message: string): HabtwinError {
  return new HabtwinError('device/garbled', message, { where })
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
