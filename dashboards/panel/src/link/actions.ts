/** What a person may do here: acknowledge, disturb the virtual habitat. */
import type { CommandResult } from '@habtwin/contract/command'
import { signal } from '@preact/signals'
import type { Setting } from '../model/disturb.ts'
import { habitat, person, readbacks } from '../state.ts'
import { Problem, post } from './rest.ts'

/** A dialog that is open, and what follows when it is answered. */
export type Asked = { readonly kind: 'name' | 'login'; readonly proceed: () => void } | undefined
export const asked = signal<Asked>(undefined)

/** The last thing that went wrong, for the foot of the page. */
export const complaint = signal<string | undefined>(undefined)

function complain(what: string, error: unknown, again: () => void): void {
  if (error instanceof Problem && error.status === 401) {
    asked.value = { kind: 'login', proceed: again }
    return
  }
  const reason = error instanceof Error ? error.message : String(error)
  const remedy = error instanceof Problem && error.remedy ? ` ${error.remedy}` : ''
  complaint.value = `${what}: ${reason}.${remedy}`.replace('..', '.')
}

/** Calls `act` with the name of the person at the page, which is asked for once. */
function named(act: (by: string) => void): void {
  if (person.value !== '') act(person.value)
  else asked.value = { kind: 'name', proceed: () => act(person.value) }
}

async function sendAcknowledgement(id: string, by: string): Promise<void> {
  try {
    await post(`api/alerts/${encodeURIComponent(id)}/ack`, { by })
    // Shown at once; the alert's own message says the same a moment later.
    const alert = habitat.value.alerts.get(id)
    if (alert) {
      const alerts = new Map(habitat.value.alerts).set(id, { ...alert, acknowledged: { by, t: alert.t } })
      habitat.value = { ...habitat.value, alerts }
    }
  } catch (error) {
    complain('Not acknowledged', error, () => acknowledge(id))
  }
}

/** Acknowledges an alert in the person's name. */
export function acknowledge(id: string): void {
  named((by) => void sendAcknowledgement(id, by))
}

/** The control that waits for its answer, `point`. */
export const setting = signal<string | undefined>(undefined)

/** Sets a control of the virtual habitat. Never throws. */
export async function disturb(device: string, point: string, value: Setting): Promise<void> {
  setting.value = point
  try {
    const by = person.value === '' ? 'visitor' : person.value
    const result = await post<Partial<CommandResult>>('api/commands', { device, point, value, by })
    if (result.state === 'refused' || result.state === 'failed' || result.state === 'expired') {
      complaint.value = `${point} was not changed: ${result.reason ?? result.state}`
    } else {
      readbacks.value = new Map(readbacks.value).set(point, { value: result.readback ?? value, at: Date.now() })
    }
  } catch (error) {
    complain(`${point} was not changed`, error, () => void disturb(device, point, value))
  } finally {
    setting.value = undefined
  }
}
