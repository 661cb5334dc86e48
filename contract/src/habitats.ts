/** What mission control says of the habitats that it follows. */
import { z } from 'zod'
import { level } from './alert.ts'
import { id } from './reading.ts'

const bound = z.object({ above: z.number().optional(), below: z.number().optional(), mean: z.number().optional() })

/** Retained on `about` by a gateway: what one has to know of a habitat to show it. */
export const habitatAbout = z.object({
  /** Pressure in hPa. */
  habitat: z.object({ id, label: z.string(), timezone: z.string(), pressure: z.number() }),
  /** When the first day began, and how long a day is, ms. */
  mission: z.object({ epoch: z.number(), day: z.number() }).optional(),
  /** With the limits that hold, in each point's own unit. */
  zones: z.record(
    id,
    z.looseObject({
      label: z.string(),
      volume: z.number().optional(),
      crew: z.number().optional(),
      plants: z.record(z.string(), z.number()).optional(),
      limits: z.record(z.string(), z.record(z.string(), bound)).optional(),
    }),
  ),
})

const span = z.object({ from: z.number(), to: z.number() })

/** One habitat of `GET /api/habitats`. Times are ms since the epoch. */
export const habitatRow = z.object({
  habitat: id,
  label: z.string(),
  /** The machine whose data are taken. */
  node: id.optional(),
  simulated: z.boolean(),
  timezone: z.string(),
  /** hPa: what a partial pressure there is reckoned with. Left out where its gateway has not said. */
  pressure: z.number().positive().optional(),
  link: z.object({
    /** `closed`: between contacts, as planned; `late`, `lost`: silent when it should not be. */
    state: z.enum(['up', 'closed', 'late', 'lost', 'never']),
    /** Since when; for `late` and `lost`, when it was last heard. */
    since: z.number(),
    /** One way, ms. */
    delay: z.number(),
    /** When anything was last heard. */
    heard: z.number().optional(),
    contact: span.optional(),
    next: span.optional(),
    /** Why the bridge says to be down. */
    reason: z.string().optional(),
    /** How far the clock there is ahead of the one here, ms; told where that is no matter of seconds. */
    skew: z.number().optional(),
  }),
  /** When the newest reading was taken, by the clock there. */
  t: z.number().nullable(),
  alerts: z.object({ worst: level.nullable(), count: z.int(), text: z.string().optional() }),
  /** The highest of the newest good readings. */
  co2: z.object({ value: z.number(), unit: z.string(), zone: id, t: z.number() }).nullable(),
  /** Readings that were taken there, and that are stored here; spans that are known to be missing. */
  completeness: z.object({ taken: z.int(), stored: z.int(), gaps: z.int() }),
  /** `stale`: the habitat is heard, and these are not. `down`: told to be so. */
  devices: z.object({ ok: z.int(), stale: z.int(), down: z.int() }),
  /** What is refused of it, and why. */
  refused: z.string().optional(),
})

export const changeKinds = ['alert', 'event', 'command', 'gap', 'link'] as const

/** Something that became known here: a line of the shift view. */
export const change = z.object({
  habitat: id,
  kind: z.enum(changeKinds),
  /** When it became known here, and when it was so there. */
  at: z.number(),
  t: z.number(),
  text: z.string(),
  level: level.optional(),
  zone: id.optional(),
  by: z.string().optional(),
})

export type HabitatAbout = z.infer<typeof habitatAbout>
export type HabitatRow = z.infer<typeof habitatRow>
export type Change = z.infer<typeof change>
