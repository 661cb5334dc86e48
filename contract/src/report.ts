/** The daily operations report: what the instruments and people said of one day, and what the crew wrote about it. */
import { z } from 'zod'
import { level } from './alert.ts'
import { loggedEvent } from './event.ts'
import { id } from './reading.ts'

const span = { from: z.number(), to: z.number() }

/** A day: a sol of the mission, or a date of the habitat's calendar. */
export const reportDay = z.object({
  /** `sol-12` or `2026-11-20`. */
  key: z.string(),
  sol: z.int().positive().optional(),
  /** Of its beginning, local. */
  date: z.string(),
  /** ms; the end is not part of it. */
  ...span,
  state: z.enum(['future', 'running', 'over']),
  /** Up to when it is reported: its end, or now. */
  until: z.number(),
})

/** Sections that the crew may write in. */
export const reportSections = ['summary', 'power', 'water', 'air', 'forecasts', 'alerts', 'events', 'data'] as const
export const reportTexts = z.object(
  Object.fromEntries(reportSections.map((name) => [name, z.string().max(20_000)])) as Record<
    (typeof reportSections)[number],
    z.ZodString
  >,
)

/** Who saved the texts when; the first version is 1. */
export const reportVersion = z.object({ version: z.int().positive(), by: z.string(), saved: z.number() })

/** A point of a device over the day, in its own unit; null where nothing was measured. */
const course = {
  device: id,
  label: z.string(),
  point: z.string(),
  unit: z.string(),
  begin: z.number().nullable(),
  end: z.number().nullable(),
  min: z.number().nullable(),
  mean: z.number().nullable(),
  max: z.number().nullable(),
  /** Share of the time with readings, 0 to 1. */
  covered: z.number(),
}

export const powerRole = z.enum(['used', 'solar', 'battery', 'grid', 'consumer'])

export const report = z.object({
  habitat: z.object({ id, label: z.string(), timezone: z.string(), simulated: z.boolean() }),
  /** Zones' labels by their ids. */
  zones: z.record(id, z.string()),
  day: reportDay,
  /** When it was made, by the habitat's clock, ms. */
  made: z.number(),
  power: z.object({
    /** kWh, as far as it was measured: what was used, came from the sun and the grid, went into and out of the battery. */
    total: z.object({
      used: z.number().nullable(),
      solar: z.number().nullable(),
      grid: z.number().nullable(),
      charged: z.number().nullable(),
      discharged: z.number().nullable(),
    }),
    meters: z.array(z.object({ ...course, role: powerRole, energy: z.number().nullable() })),
    batteries: z.array(z.object(course)),
  }),
  /** `total` in litres: what flowed, or by how much a counter moved. */
  water: z.array(z.object({ ...course, total: z.number().nullable() })),
  air: z.array(
    z.object({
      zone: id,
      label: z.string(),
      quantity: z.string(),
      /** What people call it: `CO₂`, `Lung`. */
      name: z.string(),
      unit: z.string(),
      min: z.number().nullable(),
      mean: z.number().nullable(),
      max: z.number().nullable(),
      covered: z.number(),
      /** ms beyond the limit of each level that has one. */
      beyond: z.array(z.object({ level, time: z.number() })),
    }),
  ),
  /** Meters that people read, the earliest first; `before` is the last reading of the same one. */
  byHand: z.array(
    z.object({
      section: z.enum(['power', 'water', 'air']),
      point: z.string(),
      name: z.string(),
      unit: z.string(),
      zone: id.optional(),
      value: z.number(),
      t: z.number(),
      by: z.string(),
      before: z.object({ value: z.number(), t: z.number() }).nullable(),
    }),
  ),
  /** What had been forecast for this day, beside what came. */
  forecasts: z.array(
    z.object({
      zone: id,
      label: z.string(),
      quantity: z.string(),
      unit: z.string(),
      lead: z.enum(['1h', '6h', '24h']),
      n: z.int(),
      /** Mean absolute errors: of the forecast, and of "as it was when it was made". */
      mae: z.number(),
      persistence: z.number().nullable(),
      /** 1 − mae / persistence. */
      skill: z.number().nullable(),
      coverage90: z.number(),
    }),
  ),
  alerts: z.array(
    z.object({
      id,
      level,
      zone: id,
      label: z.string(),
      quantity: z.string(),
      text: z.string(),
      source: z.enum(['guard', 'twin']),
      since: z.number(),
      /** Null while it holds. */
      ended: z.number().nullable(),
      /** ms of this day. */
      time: z.number(),
      acknowledged: z.object({ by: z.string(), t: z.number() }).optional(),
    }),
  ),
  /** The oldest first, with what was withdrawn. */
  events: z.array(loggedEvent),
  data: z.array(
    z.object({
      device: id,
      label: z.string(),
      zone: id,
      readings: z.int(),
      /** Known to be lost for good. */
      lost: z.int(),
      /** Share of the time with readings, 0 to 1. */
      covered: z.number(),
      gaps: z.array(z.object({ ...span, count: z.number().optional(), reason: z.string() })),
    }),
  ),
  texts: reportTexts,
  /** All versions of the texts, the first one first; none where nobody wrote anything yet. */
  versions: z.array(reportVersion),
})

export type ReportDay = z.infer<typeof reportDay>
export type ReportTexts = z.infer<typeof reportTexts>
export type ReportVersion = z.infer<typeof reportVersion>
export type Report = z.infer<typeof report>
