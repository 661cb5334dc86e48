/** Joins scenarios to the live twin: the habitat as it stands, to be run as a job and listed beside the presets. */
import { isHabtwinError, type ScenarioEntry } from '@habtwin/contract'
import type { Config } from '@habtwin/runtime'
import type { HttpOptions } from './http/index.ts'
import type { LiveScenario } from './scenario/live/live.ts'
import { habitatOf } from './twin/ensemble/plan.ts'
import type { TwinThread } from './twin/live/thread.ts'

type Told = Pick<Config, 'habitat' | 'zones' | 'plan' | 'mission'>
type Scenarios = HttpOptions['scenarios']

/** @throws HabtwinError twin/no-model; link/unavailable as long as the twin has not begun */
export async function liveScenarioOf(config: Told, twin: Pick<TwinThread, 'figures'>): Promise<LiveScenario> {
  const figures = await twin.figures()
  // the library is loaded when somebody first asks for it
  const { liveScenario } = await import('./scenario/live/live.ts')
  return liveScenario(habitatOf(config), figures, config.mission)
}

/** Presets, and behind them the habitat as it stands where there is a model of it. */
export function withLive(presets: Scenarios, live: () => Promise<LiveScenario>): Scenarios {
  return {
    list: async () => {
      const [known, now] = await Promise.all([presets.list(), entryOf(live).catch(unlessModel)])
      return now === undefined ? known : [...known, now]
    },
    whole: async (id) => (id === 'live' ? (await live()).form : presets.whole(id)),
  }
}

async function entryOf(live: () => Promise<LiveScenario>): Promise<ScenarioEntry> {
  const { form } = await live()
  const { entryOf } = await import('./scenario/library/index.ts')
  return { ...entryOf(form), label: 'Now: as the habitat stands' }
}

function unlessModel(error: unknown): undefined {
  if (isHabtwinError(error, 'twin/no-model') || isHabtwinError(error, 'link/unavailable')) return undefined
  throw error
}
