/** What is being set just now: the control that is open, what is chosen, and what came of it. */
import type { CommandResult } from '@habtwin/contract/command'
import type { Journey } from '@habtwin/contract/contact'
import { computed, signal } from '@preact/signals'
import { asked } from '../link/actions.ts'
import { Problem, post } from '../link/rest.ts'
import { sentText } from '../mission/model.ts'
import { moment } from '../model/mission.ts'
import { about, habitat, now, person, timezone } from '../state.ts'
import { type Handle, handlesOf, resultText, type Value } from './model.ts'

export const handles = computed(() => handlesOf(habitat.value.infos.values(), about.value?.disturb?.device))

/** The control whose dialog is open, `device/point`. */
export const open = signal<string | undefined>(undefined)
export const sending = signal(false)
export const outcome = signal<{ readonly good: boolean; readonly text: string } | undefined>(undefined)

export function keyOf({ device, point }: Handle): string {
  return `${device}/${point}`
}

/** What it is now: what is read, else what it was set to. */
export function currentOf({ device, point }: Handle): Value | null | undefined {
  return habitat.value.readings.get(device)?.reading.values[point] ?? stateOf({ device, point })?.value
}

export function stateOf({ device, point }: Pick<Handle, 'device' | 'point'>) {
  return habitat.value.controls.get(`${device}/${point}`)
}

export function openControl(handle: Handle): void {
  outcome.value = undefined
  open.value = keyOf(handle)
}

/** Sends a value under the name of who is at the page. Never throws. */
export async function send(handle: Handle, value: Value): Promise<void> {
  const { device, point } = handle
  sending.value = true
  outcome.value = undefined
  try {
    // one try has one id: what the line swallowed and is sent again is not done twice
    const id = crypto.getRandomValues(new Uint32Array(4)).join('-')
    const body = { device, point, value, by: person.value, id }
    const result = await post<Partial<CommandResult> & { journey?: Journey }>('api/commands', body)
    const { state, journey } = result
    const at = (t: number) => moment(t, now.value, timezone.value)
    outcome.value = state === 'waiting' && journey ? { good: true, text: sentText(journey, at) } : resultText(handle, value, result) // biome-ignore format: one thought
  } catch (error) {
    if (error instanceof Problem && error.needsLogin) {
      outcome.value = { good: false, text: `${error.message}. Nothing was changed.` }
      if (error.status === 401) asked.value = { kind: 'login', proceed: () => void send(handle, value) }
    } else if (error instanceof Problem && error.status !== 0) {
      outcome.value = { good: false, text: `${error.message}. Nothing was changed.` }
    } else outcome.value = resultText(handle, value, { state: 'waiting' })
  } finally {
    sending.value = false
  }
}
