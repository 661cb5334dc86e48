/** The entry in the making: where, when and by whom, until a tap says what. */
import type { LoggedEvent } from '@habtwin/contract/event'
import { type EventKind, eventFault, eventText, isWithdrawal } from '@habtwin/contract/event-words'
import { computed, signal } from '@preact/signals'
import { keptText } from '../link/storage.ts'
import { about, chosen, now, person, zones } from '../state.ts'
import { log } from './queue.ts'

/** True while the dialog is open. */
export const isOpen = signal(false)

const picked = signal<string | undefined>(undefined)

/** Where: what was picked, else what is charted, else where people live. */
export const zone = computed(() => {
  const ids = [...zones.value]
  const known = [picked.value, chosen.value?.zone].find((id) => id !== undefined && zones.value.has(id))
  return known ?? (ids.find(([, { crew }]) => crew) ?? ids[0])?.[0]
})

export function pickZone(id: string): void {
  picked.value = id
}

/** The other side of the hatch that was logged last, by habitat and zone; empty for the outside. */
const sides = keptText('hatch')
export const hatchTo = computed(() => {
  const [id, from, to = ''] = sides.value.split('/')
  const isKnown = id === about.value?.habitat.id && from === zone.value
  return isKnown && to !== zone.value && zones.value.has(to) ? to : ''
})
export function pickHatch(to: string): void {
  sides.value = `${about.value?.habitat.id ?? ''}/${zone.value ?? ''}/${to}`
}

/** How long ago it was, ms; or the moment itself. */
export type When = { readonly ago: number } | { readonly at: number }
export const when = signal<When>({ ago: 0 })

/** What was done last, to be read and taken back. */
export const last = signal<{ readonly event: LoggedEvent; readonly text: string } | undefined>(undefined)
/** What is wrong with what was to be logged. */
export const fault = signal<string | undefined>(undefined)

export type Said = Partial<Pick<LoggedEvent, 'value' | 'to' | 'point' | 'unit' | 'text' | 'zone'>>

export function zoneLabel(id: string): string {
  return zones.value.get(id)?.label ?? id
}

/** What an event says, with its place: `Crew quarters: Hatch open to Greenhouse`. */
export function wordsOf(event: LoggedEvent): string {
  const text = eventText(event, zoneLabel)
  return event.zone === undefined ? text : `${zoneLabel(event.zone)}: ${text}`
}

/** crypto.randomUUID is there only where the page came by TLS or from this machine; this is everywhere. */
function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** A note is of the whole habitat. */
const unzoned: ReadonlySet<EventKind> = new Set(['note'])

/** Logs, in the name of who is at the page. @returns false where something is missing, told by `fault` */
export function say(kind: EventKind, said: Said): boolean {
  if (person.value.trim() === '') {
    fault.value = 'Write your name first: it is kept on this device.'
    return false
  }
  const t = 'at' in when.value ? when.value.at : now.value - when.value.ago
  const where = unzoned.has(kind) || zone.value === undefined ? {} : { zone: zone.value }
  const event: LoggedEvent = { id: newId(), kind, t: Math.round(t), by: person.value.trim(), ...where, ...said }
  const wrong = eventFault(event)
  if (wrong !== undefined) {
    fault.value = `Not logged. ${wrong.replace(/^(\w)(\w*): /, (_, a: string, b: string) => `${a.toUpperCase()}${b}: `)}.`
    return false
  }
  fault.value = undefined
  last.value = { event, text: wordsOf(event) }
  when.value = { ago: 0 }
  log(event)
  return true
}

/** Takes an entry back. */
export function withdraw(event: LoggedEvent): void {
  if (isWithdrawal(event)) return
  const by = person.value.trim() === '' ? event.by : person.value.trim()
  log({ id: newId(), kind: 'note', t: Math.round(now.value), by, withdraws: event.id })
  if (last.value?.event.id === event.id) last.value = undefined
}
