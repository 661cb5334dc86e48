/** The configuration as the program sees it: checked, in fixed units, with its references resolved. */
import { readFileSync } from 'node:fs'
import { HabtwinError, messageOf } from '@habtwin/contract'
import type { z } from 'zod'
import type { WrittenCommands } from './commands.ts'
import type { Conditioning } from './conditioning.ts'
import type { PointLimits } from './limits.ts'
import type { configSchema } from './schema.ts'

type Parsed = z.output<ReturnType<typeof configSchema>>

export interface DeviceConfig {
  readonly zone: string
  readonly driver: string
  readonly bus?: string
  readonly label: string
  /** ms */
  readonly every: number
  /** ms */
  readonly timeout: number
  readonly enabled: boolean
  /** As written; `resolveCommands` makes policies of it. */
  readonly commands?: Readonly<Record<string, WrittenCommands>>
  /** What its readings pass before they count. */
  readonly conditioning: Conditioning
  /** The driver's own keys, checked by its schema. */
  readonly [option: string]: unknown
}

type ParsedZone = Parsed['zones'][string]

export interface ZoneConfig
  extends Pick<
    ParsedZone,
    'beside' | 'scrubber' | 'dehumidifier' | 'oxygen' | 'lamps' | 'lung' | 'blower' | 'battery'
  > {
  readonly label: string
  /** m3 */
  readonly volume?: number
  /** m2 a crop */
  readonly plants?: Readonly<Record<string, number>>
  readonly crew?: number
  /** In the unit of each point. */
  readonly limits: Readonly<Record<string, PointLimits>>
}

export interface Config
  extends Pick<
    Parsed,
    | 'access'
    | 'public'
    | 'bridges'
    | 'broker'
    | 'clock'
    | 'http'
    | 'tls'
    | 'store'
    | 'journal'
    | 'guard'
    | 'jobs'
    | 'plan'
  > {
  readonly habitat: {
    readonly id: string
    readonly label: string
    readonly pressure: number
    readonly timezone: string
  }
  readonly mission?: { readonly epoch: number; readonly day: number }
  readonly zones: Readonly<Record<string, ZoneConfig>>
  readonly buses: Readonly<Record<string, { readonly driver: string; readonly [option: string]: unknown }>>
  readonly devices: Readonly<Record<string, DeviceConfig>>
  readonly influx?: Parsed['influx'] & {}
  readonly checklists?: string
  /** True where no real instrument stands behind any device: nobody is hurt by disturbing it. */
  readonly simulated: boolean
}

/**
 * A secret that is kept in a file of its own, or came by the environment; undefined where there is none.
 * @throws HabtwinError secret/unreadable: whoever makes it on first boot may not have come to it yet
 */
export function secret(direct: string | undefined, file: string | undefined): string | undefined {
  if (direct !== undefined || file === undefined) return direct
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new HabtwinError('secret/unreadable', messageOf(error), { where: file, cause: error })
  }
}
