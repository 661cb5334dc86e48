/** The store of one habitat, and its mirror. */
import type { Clock, Log } from '@habtwin/runtime'
import { InfluxMirror } from '../influx/index.ts'
import type { InfluxConfig } from '../influx/transport.ts'
import { patientTime } from '../steady.ts'
import { Store } from '../store/index.ts'
import type { Readers } from '../store/readers.ts'

export interface StoreParts {
  readonly habitat: string
  readonly folder: string
  readonly store: { readonly keep: number; readonly size: number }
  /** Asked for at each start of the mirror; undefined where there is none. */
  readonly influx: (() => InfluxConfig) | undefined
  readonly readers: Readers
  readonly clock: Clock
  readonly log: Log
}

const MIRROR = 'influx'
/** Page cache of the connection that writes, bytes: it appends, and hundreds of them are open. */
const CACHE = 524_288

/**
 * Opens the store, and locks it.
 * @throws HabtwinError data/locked where another process has it; data/unusable, store/newer
 */
export function openStore({ folder, store, influx, readers, clock, log }: StoreParts): Store {
  let patient = () => clock.now()
  const opened = Store.open({
    ...{ folder, log, readers, keep: store.keep, size: store.size, cache: CACHE },
    mirrors: influx ? [MIRROR] : [],
    now: () => clock.now(),
    dataNow: () => patient(),
  })
  patient = patientTime({ now: () => clock.now(), mono: () => clock.mono() }, opened.newest)
  return opened
}

export function mirrorOf({ habitat, influx, clock, log }: StoreParts, store: Store): InfluxMirror | undefined {
  return (
    influx &&
    new InfluxMirror({
      ...{ habitat, clock, log },
      get config() {
        return influx()
      },
      cursor: store.cursor(MIRROR),
      infoAt: (device, t) => store.infoAt(device, t),
      corrections: () => [...store.corrections().values()].flat(),
    })
  )
}
