/**
 * Scenarios and the jobs that run them: what is asked for, how it stands, and the shape of what comes back. The same
 * words hold for REST, the command line, the panel and the files that it saves and loads.
 */
import { z } from 'zod'

/** Set (a number), or change what is there: `"+2"`, `"-1.5"`, `"-20%"`, `"+10%"`. */
export const adjustment = z.union([z.number(), z.string().regex(/^[+-]\d+(\.\d+)?\s?%?$/, 'must be like +2 or -20%')])
export type Adjustment = z.infer<typeof adjustment>

/** One change to a model: who, what, and from when on. */
export const change = z.strictObject({
  /** An agent's id; `*` stands for any letters: `*_lamp`. */
  agent: z.string().min(1),
  /** How many individuals. 0 takes it out of service. */
  amount: adjustment.optional(),
  /** How fast all its flows run: `-20%`, or 0.8 of what the library says. */
  rate: adjustment.optional(),
  /** What it holds, by currency, in the currency's unit. */
  storage: z.record(z.string(), adjustment).optional(),
  /** Hours of simulated time after the start; from the beginning where it is left out. */
  at: z.number().nonnegative().optional(),
})
export type Change = z.infer<typeof change>

/** One parameter that a sweep varies: as a change, with several values in the place of one. */
export const sweep = z.strictObject({
  agent: z.string().min(1),
  /** `amount`, `rate`, or `storage.co2`. */
  what: z.string().regex(/^(amount|rate|storage\.[a-z0-9_]+)$/, 'must be amount, rate or storage.<currency>'),
  values: z.array(adjustment).min(1).max(1000),
})
export type Sweep = z.infer<typeof sweep>

/** Several runs in one job: that many seeds, from the job's own on, of every point of the grid of sweeps. */
export const ensemble = z.strictObject({
  seeds: z.int().min(1).max(100_000).default(1),
  sweep: z.array(sweep).max(4).default([]),
})
export type Ensemble = z.infer<typeof ensemble>

/** What is submitted to `POST /api/jobs`. */
export const jobRequest = z.strictObject({
  /** The id of a preset; or a whole scenario, in our own form or as a SIMOC configuration. */
  scenario: z.union([z.string().min(1), z.record(z.string(), z.unknown())]).optional(),
  /** The libraries that a SIMOC configuration refers to, as they are in its files; else those of the configuration. */
  library: z
    .strictObject({ agent_desc: z.record(z.string(), z.unknown()), currency_desc: z.record(z.string(), z.unknown()) })
    .optional(),
  /** In the place of a scenario: the state at the end of an earlier job, or the habitat as the live twin has it now. */
  from: z.union([z.strictObject({ job: z.string().min(1) }), z.strictObject({ live: z.literal(true) })]).optional(),
  changes: z.array(change).max(200).optional(),
  seed: z.int().min(0).max(0xffff_ffff).optional(),
  /** Steps in all; what the scenario says where it is left out. */
  steps: z.int().min(1).optional(),
  /** Keeps each such step, and the last. */
  every: z.int().min(1).optional(),
  ensemble: ensemble.optional(),
  label: z.string().max(200).optional(),
  project: z.string().max(100).optional(),
})
export type JobRequest = z.infer<typeof jobRequest>

export const jobStates = ['queued', 'running', 'done', 'failed', 'cancelled'] as const
export const jobState = z.enum(jobStates)
export type JobState = z.infer<typeof jobState>

/** How a run ended for one agent. */
export const fate = z.object({
  active: z.number(),
  amount: z.number(),
  /** What the last of them died of; null where some live. */
  cause: z.string().nullable(),
  /** Simulated hours of the first and the last death, where there was one. */
  died: z.object({ first: z.number(), last: z.number() }).optional(),
})

/** What a person wants to know first of a run. */
export const runSummary = z.object({
  steps: z.int(),
  /** Simulated hours. */
  hours: z.number(),
  /** Agents of living things, and how it ended for them. */
  lived: z.record(z.string(), fate),
  /** What ran out, and at which simulated hour first: `water_storage.potable`. */
  ranOut: z.array(z.object({ what: z.string(), hour: z.number() })),
  /** Food that was harvested, kg by currency. */
  harvest: z.record(z.string(), z.number()),
  /** Energy made and used, kWh. */
  energy: z.object({ made: z.number(), used: z.number() }),
})
export type RunSummary = z.infer<typeof runSummary>

/** A job, as `GET /api/jobs/{id}` tells of it. */
export const job = z.object({
  id: z.string(),
  state: jobState,
  /** 0 to 1. */
  progress: z.number(),
  /** Steps done and in all; over all runs where there are several. */
  step: z.int(),
  steps: z.int(),
  /** Runs in all: 1, or as many as the ensemble has. */
  runs: z.int(),
  /** ms since the epoch. */
  created: z.number(),
  started: z.number().optional(),
  completed: z.number().optional(),
  /** Who submitted it. */
  by: z.string(),
  label: z.string().optional(),
  project: z.string().optional(),
  /** The preset's id, `live` for the habitat as it stood, or what kind of scenario was handed in. */
  scenario: z.string(),
  seed: z.number(),
  /** Of habtwin, at submission. */
  version: z.string(),
  /** Rows of results that can be fetched now. */
  rows: z.int(),
  summary: runSummary.optional(),
  error: z.object({ code: z.string(), detail: z.string() }).optional(),
})
export type Job = z.infer<typeof job>

/** The flows of one agent in one direction: by currency, by whom it is connected to, one figure a kept step. */
export type FlowRecord = Record<string, Record<string, number[]>>

/** The records of one agent. */
export interface AgentRecord {
  active: number[]
  storage: Record<string, number[]>
  attributes: Record<string, number[]>
  flows: { in: FlowRecord; out: FlowRecord }
  cause_of_death: string | null
}

/** The records of a run, whole: what `habtwin run --out x.json` and `GET /api/jobs/{id}/results` give. */
export interface RunRecord {
  step_num: number[]
  agents: Record<string, AgentRecord>
}

/** The results of a job of several runs: quantiles over the runs, by column and kept step. */
export interface EnsembleRecord {
  step_num: number[]
  quantiles: number[]
  /** By point of the grid; one point where nothing is swept. */
  points: {
    /** What was set at this point: `human.amount` → 6. */
    at: Record<string, Adjustment>
    runs: number
    /** By column name (`crew_habitat_small.storage.co2`), for each quantile one figure a kept step. */
    columns: Record<string, number[][]>
  }[]
}

/** A preset, as `GET /api/scenarios` lists it. */
export const scenarioEntry = z.object({
  id: z.string(),
  label: z.string(),
  description: z.string(),
  rule: z.enum(['simoc', 'closed']),
  /** Steps that it runs by itself, and hours a step. */
  steps: z.int(),
  dt: z.number(),
  agents: z.array(
    z.object({ id: z.string(), label: z.string(), group: z.string(), amount: z.number(), unit: z.string().optional() }),
  ),
  /** The few things that people change, in the order to show them. */
  knobs: z.array(
    z.object({
      label: z.string(),
      agent: z.string(),
      what: z.string(),
      value: z.number(),
      min: z.number(),
      max: z.number(),
      step: z.number(),
      unit: z.string(),
    }),
  ),
})
export type ScenarioEntry = z.infer<typeof scenarioEntry>
