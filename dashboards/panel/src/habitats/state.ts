/** The state of the page of all habitats, kept true by asking every few seconds. */
import { computed, signal } from '@preact/signals'
import { get, Problem } from '../link/rest.ts'
import { keptChoice, keptText } from '../link/storage.ts'
import { type Change, matching, type Receiver, type Row, sinces, sinceTime, sorted } from './model.ts'

/** Milliseconds between two looks. */
const EVERY = 4_000

export const receiver = signal<Receiver | undefined>(undefined)
export const rows = signal<readonly Row[]>([])
export const changes = signal<readonly Change[] | undefined>(undefined)
/** Why nothing comes; undefined where all is well. */
export const fault = signal<Problem | undefined>(undefined)
const wall = signal(Date.now())
/** This machine's clock may be hours off: the receiver's counts. */
const offset = signal(0)
export const now = computed(() => wall.value + offset.value)

export const theme = keptChoice('theme', ['dark', 'red', 'light'], 'dark')
export const unit = keptChoice('unit.co2', ['ppm', 'mmHg'], 'ppm')
export const order = keptChoice('habitats.order', ['urgency', 'name'], 'urgency')
export const since = keptChoice('habitats.since', sinces, 'my shift')
const began = keptText('habitats.shift')
export const filter = signal('')
/** The habitat whose changes are shown; all where undefined. */
export const only = signal<string | undefined>(undefined)

export const shown = computed(() => sorted(matching(rows.value, filter.value), order.value))
export const shiftBegan = computed(() => (began.value === '' ? undefined : Number(began.value)))

/** Whoever comes on shift says so once; what was before is no news to them. */
export function beginShift(): void {
  began.value = String(Math.round(now.value))
  since.value = 'my shift'
  void look()
}

/** Asks for everything. Never throws: what fails is shown. */
export async function look(): Promise<void> {
  try {
    const [who, list] = await Promise.all([get<Receiver>('api/receiver'), get<Row[]>('api/habitats')])
    offset.value = who.now - Date.now()
    receiver.value = who
    rows.value = list
    const from = Math.round(sinceTime(since.value, shiftBegan.value, now.value))
    changes.value = await get<Change[]>('api/changes', {
      since: from,
      ...(only.value === undefined ? {} : { habitat: only.value }),
    })
    fault.value = undefined
  } catch (error) {
    fault.value = error instanceof Problem ? error : new Problem(0, String(error))
  }
}

/** Looks again and again for as long as the page is open, and is seen. */
export async function keepLooking(): Promise<never> {
  setInterval(() => {
    wall.value = Date.now()
  }, 1_000)
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void look()
  })
  for (;;) {
    if (!document.hidden) await look()
    await new Promise((resolve) => setTimeout(resolve, EVERY))
  }
}
