/** What the REST answers say, in types of the browser's side. The shapes are design.md §4. */
import type { Alert, Level } from '@habtwin/contract/alert'
import type { ClockState } from '@habtwin/contract/clock'
import type { Side } from '@habtwin/contract/contact'
import type { DeviceHealth, DeviceInfo } from '@habtwin/contract/device'
import type { Reading } from '@habtwin/contract/reading'
import type { Estimate, Forecast, Outlook } from '@habtwin/contract/twin'
import type { Row } from '../habitats/model.ts'

/** A bound of a level, in the point's own unit. */
interface Bound {
  readonly above?: number
  readonly below?: number
  /** ms over which the mean is what counts; left out where each reading does. */
  readonly mean?: number
}

type Limits = Readonly<Record<string, Partial<Record<Level, Bound>>>>

export interface ZoneAbout {
  readonly label: string
  /** m³ */
  readonly volume?: number
  readonly crew?: number
  /** Species → m². */
  readonly plants?: Readonly<Record<string, number>>
  readonly limits?: Limits
  /** Zones that air is exchanged with. */
  readonly beside?: readonly string[]
  readonly scrubber?: object
  readonly lamps?: object
  /** m³/h. */
  readonly blower?: { readonly flow: number }
}

/** A control of the virtual habitat: what it may be set to, the first being the undisturbed state. */
export type Choices = readonly (string | number)[]

export interface Mission {
  /** The beginning of the first day, ms since the Unix epoch. */
  readonly epoch: number
  /** Length of a day, ms. */
  readonly day: number
}

export interface About {
  readonly habitat: {
    readonly id: string
    readonly label: string
    readonly timezone: string
    readonly pressure: number
  }
  readonly mission?: Mission
  readonly zones: Readonly<Record<string, ZoneAbout>>
  /** At mission control: how the link to it stands there. */
  readonly afar?: Row['link']
  readonly version: string
  /** On which side of the link the page is; the habitat's own where left out. */
  readonly side?: Side
  readonly demo: boolean
  readonly simulated: boolean
  /** How fast the habitat's clock runs beside the wall's. */
  readonly pace: number
  /** The habitat's clock, ms. */
  readonly now: number
  /** Whether times are final, and how many readings wait until they are. */
  readonly clock?: ClockState & { readonly node: string; readonly waiting: number }
  readonly mqtt: { readonly host: string; readonly port: number }
  /** True where mission control's side runs beside the habitat: the demo. */
  readonly across?: boolean
  readonly disturb?: { readonly device: string; readonly points: Readonly<Record<string, Choices>> }
}

export interface Device extends DeviceInfo {
  readonly health?: DeviceHealth | null
  readonly last?: Reading | null
}

export interface Gap {
  readonly from: number
  readonly to: number
  readonly count?: number
  readonly reason: string
}

export interface Completeness {
  readonly device: string
  readonly taken: number
  readonly stored: number
  readonly gaps: readonly Gap[]
}

export interface History {
  readonly unit: string
  readonly t: readonly number[]
  readonly value: readonly (number | null)[]
  readonly quality?: readonly (string | null)[]
  readonly min?: readonly (number | null)[]
  readonly max?: readonly (number | null)[]
}

export interface KeptForecast {
  readonly t: readonly number[]
  readonly p05: readonly (number | null)[]
  readonly p50: readonly (number | null)[]
  readonly p95: readonly (number | null)[]
}

export interface Alerts {
  readonly active: readonly Alert[]
  readonly history: readonly Alert[]
}

/** Zone → quantity → body. */
export type Nested<T> = Readonly<Record<string, Readonly<Record<string, T>>>>

export interface Snapshot {
  readonly about: About
  readonly devices: readonly Device[]
  readonly alerts: Alerts
  readonly estimates: Nested<Estimate>
  readonly forecasts: Nested<Forecast>
  readonly outlook: Outlook | undefined
}
