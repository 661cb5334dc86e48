/** The shape of a scenario in our own form, as people write it in YAML or JSON. docs/scenarios.md tells it in words. */
import { z } from 'zod'

const id = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,59}$/, 'must be lower-case letters, digits and _, beginning with a letter')
const text = z.string().max(4_000)
/** Text, so that it can carry its unit. */
const figure = z
  .string({ error: ({ input }) => (typeof input === 'number' ? `${input} has no unit; write it with one` : undefined) })
  .max(100)
const ports = z.record(id, z.union([id, z.array(id).min(1).max(20)]))

/**
 * `3.909 kg/d from water`, `balance to air else outside`; `all from self` as the first input of a process that takes
 * whatever there is. Or the same with what it is compared with.
 */
export const flowForm = z.union([
  z.string().max(200),
  z.strictObject({
    flow: z.string().max(200),
    /** What has been published for a flow that is found by balance, and how far it may be off. */
    near: figure.optional(),
    within: figure.optional(),
  }),
])

const lookForm = { of: id.or(z.enum(['humidity', 'pressure'])), in: id }

/** A switch: on above or below a figure, and off again at another. */
export const switchForm = z.strictObject({
  ...lookForm,
  above: figure.optional(),
  below: figure.optional(),
  until: figure.optional(),
})

export const responseForm = z.strictObject({
  ...lookForm,
  /** Half as fast at this figure as with plenty. */
  half: figure.optional(),
  /** In full at this figure; without `half` in proportion to it. */
  full: figure,
})

/** A figure that a process works towards and not beyond. */
export const keepForm = z.strictObject({ ...lookForm, at: figure })

export const processForm = z.strictObject({
  label: text.optional(),
  in: z.record(id, flowForm).optional(),
  out: z.record(id, flowForm).optional(),
  /** Reckoned by a currency of the process: other figures may then be given for each kg of it. */
  by: id.optional(),
  /** Two airs that exchange so much: `{a, b, flow}`. */
  mix: z.strictObject({ a: id, b: id, flow: figure }).optional(),
  /** Air that is lost: `{from, to, share: '1 %/d'}`. */
  leak: z.strictObject({ from: id, to: id, share: figure }).optional(),
  when: z.array(switchForm).max(20).optional(),
  keep: keepForm.optional(),
  follows: z.array(responseForm).max(10).optional(),
  /** `sun`; so many hours around noon; or 24 factors. */
  daily: z.union([figure, z.array(z.number().nonnegative()).length(24)]).optional(),
  /** The part of life until it runs in full. */
  ramp: figure.optional(),
  stage: z.enum(['growing', 'grown']).optional(),
  /** How long an individual survives without it. */
  vital: figure.optional(),
})

export const agentForm = z.strictObject({
  /** Agents of the library, or of this scenario's own: what is written here goes over them. */
  use: z.union([id, z.array(id).min(1).max(10)]).optional(),
  label: text.optional(),
  description: text.optional(),
  /** Where figures come from. */
  sources: z.array(text).max(50).optional(),
  group: id.optional(),
  /** What one individual is: `person`, `unit`, `m2`. */
  unit: z.string().max(20).optional(),
  amount: z.number().min(0).max(1e9).optional(),
  delay: figure.optional(),
  lifetime: figure.optional(),
  /** Age at the beginning, of what lives for a time and is then harvested. */
  age: figure.optional(),
  boundless: z.enum(['vent', 'source']).optional(),
  /** Per individual. */
  capacity: z.record(id, figure).optional(),
  /** In all, or as a part of the capacity. */
  storage: z.record(id, figure).optional(),
  /** A room: what its air is at the beginning. */
  air: z
    .strictObject({
      volume: figure,
      pressure: figure.optional(),
      temperature: figure.optional(),
      humidity: figure.optional(),
      co2: figure.optional(),
      o2: figure.optional(),
    })
    .optional(),
  connect: ports.optional(),
  processes: z.record(id, processForm).optional(),
  perils: z.record(id, z.strictObject({ ...switchForm.shape, for: figure })).optional(),
  remains: id.optional(),
})

/** A currency of a scenario's own. */
export const currencyForm = z.strictObject({
  label: text.optional(),
  category: id,
  unit: z.enum(['kg', 'kWh', 'mol']),
  /** `C6H12O6`, or parts by mass: `{C6H10O5: '80 %', C4H5ON: '20 %'}`. Without it, it can only be passed on. */
  formula: z.union([figure, z.record(z.string().max(20), figure)]).optional(),
  /** `4.9 kWh/kg`; by Thornton's rule from the formula where it is left out. */
  energy: figure.optional(),
})

export const knobForm = z.strictObject({
  label: text,
  agent: z.string().max(60),
  what: z.string().max(60),
  value: z.number(),
  min: z.number(),
  max: z.number(),
  step: z.number().positive(),
  unit: z.string().max(20),
})

export const scenarioForm = z.strictObject({
  habtwin: z.literal('scenario').optional(),
  id: id.optional(),
  label: text.optional(),
  description: text.optional(),
  rule: z.literal('closed').optional(),
  /** A moment, read as local time of the habitat. */
  start: z.string().max(40).optional(),
  duration: figure,
  step: figure.optional(),
  seed: z.int().min(0).max(0xffff_ffff).optional(),
  /** Groups in the order in which they act. */
  order: z.array(id).max(50).optional(),
  /** What the ports of all agents are connected to, where they do not say themselves. */
  connect: ports.optional(),
  currencies: z.record(id, currencyForm).optional(),
  /** Agents that others use and that do not act themselves. */
  templates: z.record(id, agentForm).optional(),
  agents: z.record(id, agentForm),
  knobs: z.array(knobForm).max(50).optional(),
})

export type ScenarioForm = z.input<typeof scenarioForm>
export type AgentForm = z.input<typeof agentForm>
export type ProcessForm = z.input<typeof processForm>
export type FlowForm = z.input<typeof flowForm>
export type KeepForm = z.input<typeof keepForm>
export type SwitchForm = z.input<typeof switchForm>
export type ResponseForm = z.input<typeof responseForm>
