/** The link as the page knows it, what waits for a crew member, what was said on the safety channel, and what one does. */
import type { BridgeState } from '@habtwin/contract/bridge'
import type { CommandResult } from '@habtwin/contract/command'
import type { Side } from '@habtwin/contract/contact'
import type { Safety, WaitingCommand } from '@habtwin/contract/safety'
import { computed, effect, signal } from '@preact/signals'
import { asked } from '../link/actions.ts'
import { get, Problem, post } from '../link/rest.ts'
import { ring } from '../link/sound.ts'
import { keptText } from '../link/storage.ts'
import { user } from '../login/store.ts'
import { safetyTone } from '../model/tones.ts'
import { about, habitat, now, person, wall } from '../state.ts'

/** What `GET /api/link` answers. */
interface LinkAnswer {
  readonly bridges: readonly BridgeState[]
  readonly waiting: readonly WaitingCommand[]
  readonly safety: readonly Safety[]
}

/** On which side of the link this page is. */
export const side = computed<Side>(() => about.value?.side ?? 'crew')
/** True where whoever is here may answer for the crew. */
export const isCrew = computed(() => side.value === 'crew' && user.value?.role !== 'mission-control')

/**
 * The moment by which the link goes. At mission control the habitat is seen as it was a light time ago, and a recording
 * has times of its own: the link has neither.
 */
export const linkNow = computed(() => (side.value === 'crew' && about.value?.pace === 1 ? now.value : wall.value))

export const links = computed(() => [...habitat.value.links.values()].sort((a, b) => a.bridge.localeCompare(b.bridge)))
export const emergency = computed(() => links.value.find((link) => link.emergency !== undefined)?.emergency)
/** True where there is anything that the switch could end. */
export const isSimulated = computed(() =>
  links.value.some(({ simulated, budget }) => simulated || budget !== undefined),
)

/** The oldest first: it has waited longest, and is over first. */
export const waiting = computed(() => [...habitat.value.waiting.values()].sort((a, b) => a.t - b.t))

const heard = signal<ReadonlyMap<string, Safety>>(new Map())
/** What was said, the newest first. */
export const said = computed(() => [...heard.value.values()].sort((a, b) => b.t - a.t))
/** The newest that was read here, `t` and id. */
const read = keptText('safety.read')

/** What the other side said and nobody has said here that they read it. */
export const unread = computed(() => {
  const since = Number(read.value) || 0
  return said.value.filter((one) => one.side !== side.value && one.t > since)
})

export function markRead(): void {
  read.value = String(Math.max(0, ...said.value.map(({ t }) => t)))
}

function learn(all: readonly Safety[]): void {
  const fresh = all.filter(({ id }) => !heard.peek().has(id))
  if (fresh.length === 0) return
  heard.value = new Map([...heard.peek(), ...fresh.map((one): [string, Safety] => [one.id, one])])
}

/** A message on `safety/{id}`. */
export function heardSafety(body: unknown): void {
  const one = body as Partial<Safety> | null | undefined
  if (typeof one?.id !== 'string' || typeof one.text !== 'string' || typeof one.t !== 'number') return
  const isNew = !heard.peek().has(one.id)
  learn([one as Safety])
  if (isNew && one.side !== side.peek()) ring(safetyTone)
}

async function fetchLink(): Promise<void> {
  const answer = await get<LinkAnswer>('api/link')
  habitat.value = {
    ...habitat.peek(),
    links: new Map(answer.bridges.map((one) => [one.bridge, one])),
    waiting: new Map(answer.waiting.map((one) => [one.id, one])),
  }
  learn(answer.safety)
}

/** Asks again whenever the page does; without an answer the last one stands. */
export function startMission(): void {
  effect(() => {
    if (about.value !== undefined) fetchLink().catch(() => undefined)
  })
}

/** What is being done just now, and what came of the last. */
export const busy = signal(false)
export const outcome = signal<{ readonly good: boolean; readonly text: string } | undefined>(undefined)

/** A command to the gateway itself, under the name of who is at the page. Never throws. */
async function order(
  device: string,
  point: string,
  value: string | boolean,
  done: string,
  again: () => void,
): Promise<boolean> {
  // biome-ignore format: one line
  busy.value = true
  outcome.value = undefined
  try {
    const id = crypto.getRandomValues(new Uint32Array(4)).join('-')
    const { state, reason } = await post<Partial<CommandResult>>('api/commands', { device, point, value, by: person.value || 'visitor', id }) // biome-ignore format: one line
    const good = state === 'done'
    outcome.value = { good, text: good ? done : state === 'waiting' ? 'No answer yet: it may still be done.' : `Not done: ${reason ?? state}.` } // biome-ignore format: one thought
    return good
  } catch (error) {
    if (error instanceof Problem && error.status === 401) asked.value = { kind: 'login', proceed: again }
    outcome.value = { good: false, text: `${error instanceof Error ? error.message : String(error)}. Nothing was changed.` } // biome-ignore format: one thought
    return false
  } finally {
    busy.value = false
  }
}

/** Confirms or declines a command that waits. */
export function judge(word: 'confirm' | 'decline', id: string, why = ''): Promise<boolean> {
  const value = word === 'decline' && why !== '' ? `${id} ${why}` : id
  return order('command', word, value, word === 'confirm' ? 'Done.' : 'Declined.', () => void judge(word, id, why))
}

/** Takes the simulation of the link off, or takes it up again. */
export function switchEmergency(on: boolean): Promise<boolean> {
  const done = on ? 'Delay, windows and budget are off.' : 'The link is simulated again.'
  return order('link', 'emergency', on, done, () => void switchEmergency(on))
}

/** Cuts the link of the demo, or mends it: one touch, as nobody is harmed. */
export function cutLink(on: boolean): Promise<boolean> {
  return order('link', 'cut', on, on ? 'The link is cut.' : 'The link is mended.', () => void cutLink(on))
}

/** Says something on the safety channel. True where it was taken. */
export async function say(text: string): Promise<boolean> {
  busy.value = true
  outcome.value = undefined
  try {
    const id = crypto.getRandomValues(new Uint32Array(4)).join('-')
    learn([await post<Safety>('api/safety', { text, by: person.value, id })])
    return true
  } catch (error) {
    if (error instanceof Problem && error.status === 401) asked.value = { kind: 'login', proceed: () => void say(text) }
    outcome.value = { good: false, text: `Not sent: ${error instanceof Error ? error.message : String(error)}. Use another way to speak.` } // biome-ignore format: one thought
    return false
  } finally {
    busy.value = false
  }
}
