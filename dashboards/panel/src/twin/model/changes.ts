/** What may be changed in a what-if, and the request that a form makes. */
import type { WhatifChange, WhatifRequest } from '@habtwin/contract/twin'
import type { ZoneAbout } from '../../model/about.ts'

/** Something that can be changed in a zone. */
export type Control =
  | { readonly what: 'crew'; readonly key: string; readonly zone: string; readonly people: number }
  | { readonly what: 'scrubber' | 'lamps'; readonly key: string; readonly zone: string }
  /** m³/h: what it is set to when it is switched on, and the most that is offered. */
  | {
      readonly what: 'blower' | 'valve'
      readonly key: string
      readonly zone: string
      readonly flow: number
      readonly most: number
    }
  /** `to` is left out for the outside. */
  | { readonly what: 'hatch'; readonly key: string; readonly zone: string; readonly to?: string }

/** What is wished of a control; one that is left as it is has none. */
export interface Wish {
  /** People more, a scrubber's setting, the share of light, m³/h; true for an open hatch. */
  readonly value: number | string | true
  /** Minutes from now on; 0 is at once. */
  readonly after: number
  /** For so many minutes; undefined is for good. */
  readonly minutes?: number | undefined
}

/** By the controls' keys. */
export type Wishes = ReadonlyMap<string, Wish>

const VALVE = { flow: 50, most: 300 }

/** Zones side by side as they are configured; where none says, each is beside the one before it. */
function pairs(zones: ReadonlyMap<string, ZoneAbout>): [string, string][] {
  const ids = [...zones.keys()]
  const said = [...zones].flatMap(([id, { beside }]) => (beside ?? []).map((other): [string, string] => [id, other]))
  const all = said.length > 0 ? said : ids.slice(1).map((id, i): [string, string] => [ids[i] ?? id, id])
  const seen = new Set<string>()
  return all.filter(([a, b]) => {
    const key = [a, b].sort().join('/')
    if (a === b || !zones.has(b) || seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/** What each zone has to change; a door between two is the first one's. */
export function controlsOf(zones: ReadonlyMap<string, ZoneAbout>): Map<string, Control[]> {
  const doors = pairs(zones)
  return new Map(
    [...zones].map(([zone, about]) => {
      const key = (what: string) => `${what}/${zone}`
      const controls: Control[] = [{ what: 'crew', key: key('crew'), zone, people: about.crew ?? 0 }]
      if (about.scrubber) controls.push({ what: 'scrubber', key: key('scrubber'), zone })
      if (about.lamps) controls.push({ what: 'lamps', key: key('lamps'), zone })
      if (about.blower) {
        const { flow } = about.blower
        controls.push({ what: 'blower', key: key('blower'), zone, flow, most: Math.max(100, 4 * flow) })
      }
      controls.push({ what: 'valve', key: key('valve'), zone, ...VALVE })
      for (const [a, to] of doors) {
        if (a === zone) controls.push({ what: 'hatch', key: `${key('hatch')}/${to}`, zone, to })
      }
      controls.push({ what: 'hatch', key: key('hatch'), zone })
      return [zone, controls]
    }),
  )
}

function changeOf(control: Control, { value, after, minutes }: Wish): WhatifChange {
  const { zone } = control
  const timing = { ...(after === 0 ? {} : { after }), ...(minutes === undefined ? {} : { minutes }) }
  switch (control.what) {
    case 'crew':
      return { what: 'crew', zone, add: Number(value), ...timing }
    case 'scrubber':
      return { what: 'scrubber', zone, set: value === 'on' || value === 'off' ? value : 'auto', ...timing }
    case 'lamps':
      return { what: 'lamps', zone, factor: Number(value), ...timing }
    case 'blower':
    case 'valve':
      return { what: control.what, zone, flow: Number(value), ...timing }
    case 'hatch':
      return { what: 'hatch', zone, ...(control.to === undefined ? {} : { to: control.to }), ...timing }
  }
}

/** The wishes as the server takes them, in the order of the controls. */
export function requestOf(controls: ReadonlyMap<string, readonly Control[]>, wishes: Wishes): WhatifRequest {
  const changes = [...controls.values()].flat().flatMap((control) => {
    const wish = wishes.get(control.key)
    return wish === undefined ? [] : [changeOf(control, wish)]
  })
  return { changes, hours: 48 }
}

/** Starts that are offered, minutes from now. */
export const starts = [0, 15, 30, 60, 120, 240, 480, 720, 1_440] as const
/** Durations that are offered, minutes; undefined is for good. */
export const durations = [undefined, 15, 30, 60, 120, 240, 480, 720, 1_440] as const

export function minutesWords(minutes: number): string {
  return minutes < 60 ? `${minutes} min` : `${minutes / 60} h`
}

function timing({ after, minutes }: Pick<WhatifChange, 'after' | 'minutes'>): string {
  const from = after === undefined || after === 0 ? '' : ` in ${minutesWords(after)}`
  return `${from}${minutes === undefined ? '' : ` for ${minutesWords(minutes)}`}`
}

function what(change: WhatifChange, label: (zone: string) => string): string {
  const place = label(change.zone)
  switch (change.what) {
    case 'crew': {
      const n = Math.abs(change.add)
      return `${n} ${n === 1 ? 'person' : 'people'} ${change.add > 0 ? 'more' : 'fewer'} in ${place}`
    }
    case 'scrubber':
      return change.set === 'auto' ? `scrubber of ${place} by itself` : `scrubber of ${place} ${change.set}`
    case 'lamps':
      return `lamps of ${place} at ${Math.round(change.factor * 100)} %`
    case 'blower':
      return change.flow === 0 ? `blower of ${place} off` : `blower of ${place} at ${change.flow} m³/h`
    case 'valve':
      return `valve of ${place} open, ${change.flow} m³/h`
    case 'hatch':
      return change.to === undefined
        ? `hatch of ${place} open to the outside`
        : `door from ${place} to ${label(change.to)} open`
  }
}

/** The changes in a sentence; undefined where there are none. */
export function wordsOf({ changes }: WhatifRequest, label: (zone: string) => string): string | undefined {
  const all = changes.map((change) => what(change, label) + timing(change)).join('; ')
  return all === '' ? undefined : all.charAt(0).toUpperCase() + all.slice(1)
}
