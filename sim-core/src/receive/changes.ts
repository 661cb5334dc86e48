/** What is news to whoever comes on shift, in sentences: from what was recorded, and from how the link stands. */
import type { Alert, CommandResult, Event } from '@habtwin/contract'
import { eventText } from '@habtwin/contract'
import type { LinkState } from '@habtwin/contract/standing'
import type { Gap } from '../store/types.ts'
import type { Noted } from './shift.ts'

/** States after which nothing more comes of a command. */
const final: ReadonlySet<string> = new Set(['done', 'refused', 'expired', 'failed'])
/** Commands that people do not think of as such: entries of the log, acknowledgements. */
const silent: ReadonlySet<string> = new Set(['journal', 'recorder', 'guard', 'twin'])

interface Where {
  readonly habitat: string
  /** When it became known here, ms. */
  readonly at: number
}

/**
 * The change that a record is; undefined where it is none that people want to read.
 * @param topic below `hab/{habitat}/`
 */
export function changeOfRecord({ habitat, at }: Where, topic: string, body: object): Noted | undefined {
  const { journal, seq } = body as { journal?: string; seq?: number }
  const common = { habitat, at, ...(journal === undefined ? {} : { key: `${journal}/${seq}` }) }
  if (topic.startsWith('alert/')) {
    const { level, zone, text, t, active, acknowledged, since } = body as Alert
    const said = active ? (acknowledged ? `${text} (acknowledged by ${acknowledged.by})` : text) : `Over: ${text}`
    return { key: `${topic}/${since}/${t}/${active}`, ...common, kind: 'alert', t, text: said, level, zone }
  }
  if (topic.startsWith('event/')) {
    const event = body as Event
    const { t, by, zone } = event
    return { ...common, kind: 'event', t, by, text: eventText(event), ...(zone === undefined ? {} : { zone }) }
  }
  if (!topic.startsWith('result/')) return undefined
  const { device, point, value, state, reason, by, t = at } = body as CommandResult
  if (device === undefined || silent.has(device) || !final.has(state)) return undefined
  const text = `${device} ${point} to ${value}: ${state}${reason === undefined ? '' : ` (${reason})`}`
  return { ...common, kind: 'command', t, text, ...(by === undefined ? {} : { by }) }
}

/** A span of readings that will never come. */
export function changeOfGap({ habitat, at }: Where, { journal, device, from, to, count, reason }: Gap): Noted {
  const what = count === undefined ? 'Readings' : count === 1 ? '1 reading' : `${count} readings`
  const text = `${what} missing${device === undefined ? '' : ` of ${device}`}: ${reason}`
  return { habitat, at, kind: 'gap', t: to, text, key: `gap/${journal}/${device ?? ''}/${from}/${to}` }
}

const linkWords: Readonly<Record<LinkState, string>> = {
  up: 'Signal acquired',
  closed: 'Contact over, as planned',
  late: 'Silent for longer than it should be',
  lost: 'Loss of signal',
  never: 'Never heard of',
}

/** The link stands otherwise than before. */
export function changeOfLink({ habitat, at }: Where, state: LinkState, since: number): Noted {
  return { habitat, at, kind: 'link', t: since, text: linkWords[state] }
}
