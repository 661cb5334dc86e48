/**
 * What everybody may see: a short list of points, each as it was some minutes ago, retained on `public/{zone}/{point}`.
 * What is held back is read from the store, so a restart tells nothing early and leaves nothing out.
 */
import { type DeviceInfo, id as idSchema, spacing, topic } from '@habtwin/contract'
import { z } from 'zod'
import type { HistoryQuery } from '../store/index.ts'

export interface PublicOptions {
  /** Zone → points. */
  readonly points: Readonly<Record<string, readonly string[]>>
  /** How old it has to be, ms. */
  readonly delay: number
}

export interface PublicParts {
  readonly options: PublicOptions
  readonly devices: () => Iterable<DeviceInfo>
  /** What was known of a device at a moment, ms. */
  readonly infoAt: (device: string, t: number) => DeviceInfo | undefined
  readonly history: (query: HistoryQuery) => Promise<{ readonly t: number[]; readonly value: (number | null)[] }>
  /** Retains on a relative topic; an empty payload takes away what is there. */
  readonly publish: (topic: string, payload: string) => void
  /** The habitat's clock, ms. */
  readonly now: () => number
}

export const publicValue = z.object({
  zone: idSchema,
  point: idSchema,
  t: z.number(),
  value: z.number(),
  unit: z.string(),
})
export type PublicValue = z.infer<typeof publicValue>

/** What is older than so many intervals of its device is not shown as if it were how things stand. */
const INTERVALS = 5
/** But for as long it is shown, at the least, ms. */
const LEAST = 300_000

export class Publisher {
  readonly #parts: PublicParts
  readonly #told = new Map<string, PublicValue>()

  constructor(parts: PublicParts) {
    this.#parts = parts
  }

  /** What was told last. */
  get values(): PublicValue[] {
    return [...this.#told.values()]
  }

  /** Tells every point anew: called as often as it is to be told. */
  async tell(): Promise<void> {
    const { options, now, publish } = this.#parts
    const t = now() - options.delay
    for (const [zone, points] of Object.entries(options.points)) {
      for (const point of points) {
        const name = topic.public(zone, point)
        const found = await this.#newest(zone, point, t)
        if (found === undefined) {
          if (this.#told.delete(name)) publish(name, '')
          continue
        }
        const last = this.#told.get(name)
        if (last?.t === found.t && last.value === found.value) continue
        this.#told.set(name, found)
        publish(name, JSON.stringify({ t: found.t, value: found.value, unit: found.unit }))
      }
    }
  }

  /** Tells all of it again, to a broker that may have forgotten. */
  again(): void {
    for (const [name, { t, value, unit }] of this.#told) this.#parts.publish(name, JSON.stringify({ t, value, unit }))
  }

  /** Takes away what is retained and no longer for everyone. @param relative its topic */
  heard(relative: string, payload: Buffer): void {
    const [, zone = '', point = ''] = relative.split('/')
    const { points } = this.#parts.options
    const listed = Object.hasOwn(points, zone) && points[zone]?.includes(point)
    if (payload.length > 0 && !listed) this.#parts.publish(relative, '')
  }

  /** The newest value of a zone at `to`, of any of its devices; undefined where none is fresh enough. */
  async #newest(zone: string, point: string, to: number): Promise<PublicValue | undefined> {
    const { devices, infoAt, history } = this.#parts
    let newest: PublicValue | undefined
    for (const { device } of devices()) {
      const info = infoAt(device, to)
      const unit = info?.points[point]?.unit
      if (info === undefined || info.zone !== zone || unit === undefined) continue
      const from = to - Math.max(LEAST, INTERVALS * spacing(info))
      const { t, value } = await history({ series: { kind: 'reading', device, point }, from, to })
      const at = value.findLastIndex((one) => one !== null)
      const [when, what] = [t[at], value[at]]
      if (when === undefined || what === undefined || what === null || (newest && newest.t >= when)) continue
      newest = { zone, point, t: when, value: what, unit }
    }
    return newest
  }
}
