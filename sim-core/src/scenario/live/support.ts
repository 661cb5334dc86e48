/** For tests: a habitat like SAM and what a twin has found out of it. */
import type { Parameter } from '@habtwin/contract'
import type { HabitatPlan } from '../../twin/ensemble/plan.ts'
import type { Figures } from '../../twin/figures.ts'

export const plan: HabitatPlan = {
  timezone: 'America/Phoenix',
  pressure: 879,
  wake: 7,
  sleep: 23,
  switches: [],
  zones: [
    {
      id: 'greenhouse',
      label: 'Greenhouse',
      volume: 480,
      plants: { lettuce: 10, 'Sweet potato': 12, basil: 3 },
      lamps: { from: 20, to: 4, par: 400 },
      beside: [],
    },
    {
      id: 'crew',
      label: 'Crew quarters',
      volume: 272,
      crew: 3,
      scrubber: { flow: 144, on: 1200, off: 900 },
      oxygen: {},
      lung: { volume: 45 },
      beside: ['greenhouse'],
    },
  ],
}

export function known(id: string, mean: number): Parameter {
  const prior = { mean, sd: 1 }
  return { id, kind: 'leak', label: id, unit: '1', mean, sd: 1, p05: 0, p95: 9, prior }
}

export const figures: Figures = {
  t: Date.UTC(2026, 10, 21, 22, 24),
  zones: {
    greenhouse: { co2: 870, o2: 20.7, temperature: 24.3, humidity: 61 },
    crew: { co2: 1012, o2: 20.6, temperature: 22.1, humidity: 48, pressure: 880.2 },
  },
  parameters: [
    known('leak', 0.8),
    known('exchange/greenhouse/crew', 143),
    known('scrubber/crew', 0.6),
    known('crew-load', 4.3),
  ],
}
