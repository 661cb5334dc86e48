/** What the process and the twin's thread say to each other. */

import type { Alert, Event, WhatifAnswer, WhatifRequest } from '@habtwin/contract'
import type { ErrorCode } from '@habtwin/contract/errors'
import type { Config } from '@habtwin/runtime'
import type { Figures } from '../figures.ts'
import type { Sums, TwinHistory, TwinOutput } from '../index.ts'

/** What the twin has to know of the configuration. */
export interface TwinConfig extends Pick<Config, 'habitat' | 'zones' | 'plan'> {
  readonly devices: Readonly<Record<string, { readonly label?: string | undefined }>>
}

/** What a thread is given at its start. */
export interface Given {
  readonly config: TwinConfig
  readonly version: string
}

/** To the thread. */
export type Asked =
  | { sums: readonly Sums[] }
  | { event: Event }
  | { history: TwinHistory }
  /** All of the past has come; estimates of these (zone/quantity) are stored up to then, ms. */
  | { made: ReadonlyMap<string, number> }
  /** The habitat's time, ms, and which alerts of the guard stand: go on. */
  | { now: number; guard: readonly Alert[] }
  | { id: number; restore: Uint8Array }
  | { id: number; snapshot: true }
  | { id: number; whatif: WhatifRequest }
  | { id: number; figures: true }
  /** Somebody has seen an alert of the twin. */
  | { id: number; acknowledge: string; by: string }

/** From the thread. */
export type Told =
  | { said: TwinOutput }
  | { id: number; result: Restored | Uint8Array | WhatifAnswer | Figures | boolean | undefined }
  | { id: number; error: { code: ErrorCode | undefined; message: string; stack: string | undefined } }

/** Up to which minute (whole ones since the epoch) a snapshot goes; or why it cannot be used. */
export type Restored = { readonly minute: number } | { readonly why: string }
