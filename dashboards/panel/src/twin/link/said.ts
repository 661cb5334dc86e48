/**
 * How good the forecasts have been and what the twin goes by. The live line brings both, retained; they are asked for
 * while it is away.
 */
import type { Scores, TwinModel } from '@habtwin/contract/twin'
import { signal } from '@preact/signals'
import { get, Problem } from '../../link/rest.ts'
import { habitat, link, loginNeeded } from '../../state.ts'

/** Between questions, ms. */
const PAUSE = 20_000
/** The live line is given so long to come, ms. */
const PATIENCE = 3_000

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
  const look = () => {
    if (link.peek().live) asking.value = 'there'
    else void ask()
  }
  const first = setTimeout(look, link.peek().live ? 0 : PATIENCE)
  const timer = setInterval(look, PAUSE)
  return () => {
    clearTimeout(first)
    clearInterval(timer)
  }
}
