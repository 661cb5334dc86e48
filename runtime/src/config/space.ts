/** The simulated link of a bridge, as it is written: its delay, and when there is contact. */
import type { ContactPlan, LinkPlan } from '@habtwin/contract'
import { z } from 'zod'
import { duration, fault, quantity, timeOfDay } from './quantity.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

const window = z.strictObject({ from: timeOfDay, to: timeOfDay })
const windows = z.array(window).nonempty()

/** `20 min`, or `mars` for the light time of the moment. */
const delay = z.union([z.literal('mars'), duration('20 min')])

const contacts = z.union([
  /** Each day, UTC. */
  windows,
  z.strictObject({ time: z.enum(['utc', 'mission']).default('utc'), windows }),
  /** From the mission's epoch on, or from midnight UTC where there is none. */
  z
    .strictObject({
      every: duration('12 h'),
      for: duration('20 min'),
      offset: quantity('ms', '30 min').default(0),
    })
    .superRefine(({ every, for: lasts }, ctx) => {
      if (lasts >= every) fault(ctx, 'config/invalid', 'a contact must be shorter than what it comes every; without `contacts` there is always contact') // biome-ignore format: one thought
    }),
])

/** Keys of a bridge that simulate its link. */
export const spaceKeys = {
  delay: delay.optional(),
  contacts: contacts.optional(),
  /** Whether commands that come by it wait for a crew member. */
  confirm: z.boolean().default(true),
}

export interface WrittenSpace {
  readonly delay?: z.output<typeof delay> | undefined
  readonly contacts?: z.output<typeof contacts> | undefined
}

interface Mission {
  /** ms since the epoch of Unix; and the length of its day, ms. */
  readonly epoch: number
  readonly day: number
}

/** What is wrong with the contacts of a bridge beside the mission; undefined where nothing is. */
export function spaceFault({ contacts }: WrittenSpace, mission: Mission | undefined): string | undefined {
  if (contacts === undefined || Array.isArray(contacts) || !('windows' in contacts)) return undefined
  if (contacts.time === 'utc') return undefined
  if (mission === undefined) return 'windows in mission time need `mission:` with its epoch'
  const most = mission.day / HOUR
  const late = contacts.windows.find(({ from, to }) => from > most || to > most)
  return late && `the mission's day has ${Math.round(most * 100) / 100} h: a window cannot lie beyond them`
}

/** The plan of a bridge's link; undefined where nothing is simulated. The configuration was checked before. */
export function linkPlanOf({ delay, contacts }: WrittenSpace, mission: Mission | undefined): LinkPlan | undefined {
  if (delay === undefined && contacts === undefined) return undefined
  return {
    ...(delay === undefined ? {} : { delay }),
    ...(contacts === undefined ? {} : { contacts: contactsOf(contacts, mission) }),
  }
}

function contactsOf(written: z.output<typeof contacts>, mission: Mission | undefined): ContactPlan {
  if (!Array.isArray(written) && 'every' in written) {
    return { epoch: (mission?.epoch ?? 0) + written.offset, period: written.every, windows: [[0, written.for]] }
  }
  const inMission = !Array.isArray(written) && written.time === 'mission' && mission !== undefined
  const { epoch, day } = inMission ? mission : { epoch: 0, day: DAY }
  return {
    epoch,
    period: day,
    windows: (Array.isArray(written) ? written : written.windows).map(({ from, to }) => [
      from * HOUR,
      // over midnight; the same time twice is a whole day
      to * HOUR + (to > from ? 0 : day),
    ]),
  }
}
