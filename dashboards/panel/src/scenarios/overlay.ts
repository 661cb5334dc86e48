/** Recorded history that is laid over the runs of one chart. */
import type { DeviceInfo } from '@habtwin/contract/device'
import { pointInfo } from '@habtwin/contract/points'
import { ucum } from '@habtwin/contract/units'
import { computed, effect, signal } from '@preact/signals'
import { get } from '../link/rest.ts'
import type { History } from '../model/about.ts'
import { deviceLabel } from '../model/measures.ts'
import { about, habitat, now } from '../state.ts'
import { type Chart, charts, longest } from './charts.ts'
import { type Quantity, roleOf } from './model/quantities.ts'
import { comparable, converted, type Laid, laid, type Residuals, residuals } from './model/residual.ts'

export interface Overlay {
  /** The chart that it is laid over. */
  readonly chart: string
  readonly device: string
  readonly point: string
  /** The moment at which the runs are taken to begin, ms. */
  readonly start: number
}

export const overlay = signal<Overlay | undefined>(undefined)

type Fetched =
  | { readonly state: 'loading' | 'none' }
  | { readonly state: 'failed'; readonly why: string }
  | { readonly state: 'there'; readonly unit: string; readonly laid: Laid }

export const fetched = signal<Fetched>({ state: 'none' })

const HOUR = 3_600_000
const MINUTE = 60_000
/** Rows that are asked for: as many as a chart has pixels. */
const ROWS = 1_200

// each message makes another habitat, but hardly ever other devices
const infos = computed(() => habitat.value.infos)
const handle = computed(() => about.value?.disturb?.device)

export interface Source {
  readonly info: DeviceInfo
  readonly point: string
  readonly label: string
}

/** What is recorded that a quantity can be compared with, first what is measured in a zone of the same role. */
export function choices({ id, unit }: Pick<Quantity, 'id' | 'unit'>): Source[] {
  // a share is that of one gas: the humidity's per cent is none of oxygen
  const [, gas, place] = /^air\.([^.]+)\.(.+)$/.exec(id) ?? []
  const far = ({ info }: Source) => (place !== undefined && roleOf(info.zone) !== place ? 1 : 0)
  return [...infos.value.values()]
    .filter(({ device }) => device !== handle.value)
    .flatMap((info) =>
      Object.entries(info.points)
        .filter(([point, recorded]) => comparable(unit, recorded.unit) && (gas === undefined || point.startsWith(gas)))
        .map(([point]) => ({ info, point, label: deviceLabel(info, point) })),
    )
    .sort((a, b) => far(a) - far(b) || a.label.localeCompare(b.label))
}

/** Charts that something recorded can be laid over. */
export const overlayable = computed(() => charts.value.filter(({ quantity }) => choices(quantity).length > 0))

/** Length of the span that is asked for, h: of the longest run, but not beyond now. In whole days, so that neither a run that grows nor the clock asks anew each time. */
const span = computed(() => {
  const past = (now.value - (overlay.value?.start ?? now.value)) / HOUR
  return Math.max(24, Math.ceil(Math.min(longest.value, past) / 24) * 24)
})

effect(() => {
  const of = overlay.value
  const hours = span.value
  if (of === undefined) {
    fetched.value = { state: 'none' }
    return
  }
  fetched.value = { state: 'loading' }
  const stop = new AbortController()
  const every = Math.max(MINUTE, Math.ceil((hours * HOUR) / ROWS / MINUTE) * MINUTE)
  const query = { device: of.device, point: of.point, from: of.start, to: of.start + hours * HOUR, every }
  get<History>('api/history', query, stop.signal).then(
    (history) => {
      if (stop.signal.aborted) return
      const isEmpty = !history.value.some((value) => value !== null)
      fetched.value = isEmpty
        ? { state: 'failed', why: 'Nothing was recorded from then on.' }
        : { state: 'there', unit: history.unit, laid: laid(history, of.start, every) }
    },
    (error: unknown) => {
      if (stop.signal.aborted) return
      fetched.value = { state: 'failed', why: error instanceof Error ? error.message : String(error) }
    },
  )
  return () => stop.abort()
})

export interface Over {
  readonly chart: Chart
  /** The recorded point's unit, UCUM, and the sign that people read. */
  readonly unit: string
  readonly sign: string
  readonly digits: number
  readonly label: string
  readonly recorded: Laid
  /** By the run's key. */
  readonly left: ReadonlyMap<string, Residuals>
}

/** The overlay with what is left between it and each run; undefined where there is none. */
export const over = computed((): Over | undefined => {
  const [of, found] = [overlay.value, fetched.value]
  const chart = charts.value.find(({ id }) => id === of?.chart)
  if (of === undefined || chart === undefined || found.state !== 'there') return undefined
  const { unit } = chart.quantity
  if (!comparable(unit, found.unit)) return undefined
  const info = infos.value.get(of.device)
  const left = chart.lines.map(({ run, hours, series }) => {
    const figures = converted(series.mid, unit, found.unit)
    return [run.key, residuals(found.laid, hours, figures)] as const
  })
  const label = info === undefined ? `${of.device}: ${of.point}` : deviceLabel(info, of.point)
  const digits = found.unit === unit ? chart.quantity.digits + 1 : pointInfo(of.point).digits + 1
  return { chart, unit: found.unit, sign: ucum(found.unit), digits, label, recorded: found.laid, left: new Map(left) }
})
