/**
 * How good the forecasts have been and what the twin goes by, asked for when the page opens, and again while the live
 * line is away. In between they come by MQTT.
 */
import type { Scores, TwinModel } from '@habtwin/contract/twin'
import { signal } from '@preact/signals'
import { get, Problem } from '../../link/rest.ts'
import { habitat, link, loginNeeded } from '../../state.ts'

const PAUSE = 20_000

/** `there`: asked, and whatever there is has come. */
export const asking = signal<'asking' | 'there' | 'failed'>('asking')

/** Undefined where the twin has nothing to say yet. Throws a Problem where nobody answers. */
async function optional<T>(path: string): Promise<T | undefined> {
  try {
    return await get<T>(path)
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return undefined
    throw error
  }
}

/** The newer of what came by MQTT and what was asked for. */
function newer<T extends { readonly t: number }>(known: T | undefined, asked: T | undefined): T | undefined {
  return (asked?.t ?? 0) > (known?.t ?? 0) ? asked : known
}

async function ask(): Promise<void> {
  try {
    const [scores, model] = await Promise.all([
      optional<Scores>('api/twin/score'),
      optional<TwinModel>('api/twin/model'),
    ])
    const known = habitat.peek()
    habitat.value = {
      ...known,
      scores: newer(known.scores, scores),
      twinModel: newer(known.twinModel, model),
    }
    asking.value = 'there'
  } catch (error) {
    if (error instanceof Problem && error.needsLogin) loginNeeded.value = true
    const { scores, twinModel } = habitat.peek()
    asking.value = scores || twinModel ? 'there' : 'failed'
  }
}

/** @returns ends it */
export function follow(): () => void {
  void ask()
  const timer = setInterval(() => {
    if (!link.peek().live || asking.peek() !== 'there') void ask()
  }, PAUSE)
  return () => clearInterval(timer)
}
