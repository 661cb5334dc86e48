/** The page's state, as signals: written by `link/` and by what the viewer does, read by `view/`. */
import type { Alert } from '@habtwin/contract/alert'
import { computed, signal } from '@preact/signals'
import { keptChoice, keptText } from './link/storage.ts'
import type { About, Completeness } from './model/about.ts'
import { type Anchor, habitatNow } from './model/clock.ts'
import { connectionOf, noLink } from './model/connection.ts'
import type { Readback } from './model/disturb.ts'
import { type Figure, figureOf } from './model/figure.ts'
import { scaleOf, type UnitChoice } from './model/format.ts'
import { emptyHabitat } from './model/habitat.ts'
import type { Measure } from './model/measures.ts'
import { allFinished, silence } from './model/recording.ts'
import type { Sample } from './model/trend.ts'

// What the server says
export const about = signal<About | undefined>(undefined)
export const habitat = signal(emptyHabitat)
export const history = signal<readonly Alert[]>([])
export const completeness = signal<readonly Completeness[]>([])
export const link = signal(noLink)
/** True where the server wants to know who asks before it shows anything. */
export const loginNeeded = signal(false)
/** What the virtual habitat's controls were read back as, by point. */
export const readbacks = signal<ReadonlyMap<string, Readback>>(new Map())
/** The last quarter of an hour by `zone/quantity`, for the arrows. */
export const recent = signal<ReadonlyMap<string, readonly Sample[]>>(new Map())

// Time
export const wall = signal(Date.now())
export const anchor = signal<Anchor>({ now: Date.now(), wall: Date.now(), pace: 1 })
/** True where all that is shown was recorded, and has come to its end. */
export const finished = computed(() => allFinished(habitat.value))
export const now = computed(() => habitatNow(finished.value ? { ...anchor.value, pace: 0 } : anchor.value, wall.value))
/** For how long nothing has come at all, ms of this machine's clock; 0 where all is well. */
export const silent = computed(() => silence(habitat.value, wall.value))
export const connection = computed(() => connectionOf(link.value, wall.value))

// What the viewer chose
export const theme = keptChoice('theme', ['dark', 'red', 'light'], 'dark')
const co2Unit = keptChoice<UnitChoice['co2']>('unit.co2', ['ppm', 'mmHg'], 'ppm')
const temperatureUnit = keptChoice<UnitChoice['temperature']>('unit.temperature', ['Cel', '[degF]'], 'Cel')
export const units = { co2: co2Unit, temperature: temperatureUnit }
export const person = keptText('name')
/** What is charted. */
export const chosen = signal<Measure | undefined>(undefined)
export const spanName = keptChoice('span', ['1 h', '6 h', '24 h', '48 h', '7 d'], '24 h')
/** Of the forecasts made before, which are laid over what came: those of so long before. */
export const lead = keptChoice('lead', ['off', '1h', '6h', '24h'], '24h')

/** The quantities that every zone shows, first the one that is drawn largest. */
export const quantities = ['co2', 'o2', 'temperature', 'humidity'] as const

/** Zones in the configuration's order, then any that only a device names. */
export const zones = computed(() => {
  const named = about.value?.zones ?? {}
  const known = new Map(Object.entries(named))
  for (const { zone } of habitat.value.infos.values()) {
    if (!known.has(zone)) known.set(zone, { label: zone })
  }
  return known
})

/** The scale of a point under the viewer's units; `own` is the unit that its device declares. */
export function scale(point: string, own?: string) {
  const choice = { co2: co2Unit.value, temperature: temperatureUnit.value }
  return scaleOf(point, choice, about.value?.habitat.pressure ?? 1013.25, own)
}

/** The figure of a zone's quantity as of now. */
export function figure(zone: string, point: string): Figure {
  return figureOf(habitat.value, { zone, quantity: point }, anchor.value, wall.value)
}

/** The figure of what is charted, as of now. */
export function figureFor(measure: Measure): Figure {
  return figureOf(habitat.value, measure, anchor.value, wall.value)
}

export const timezone = computed(() => about.value?.habitat.timezone ?? 'UTC')
