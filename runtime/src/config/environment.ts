/** Environment variables over the file: `HABTWIN_INFLUX__TOKEN=…` sets `influx.token`; `__` is a level. */
import { parse } from 'yaml'

const PREFIX = 'HABTWIN_'
/** These steer the command itself and are no keys of the configuration. */
const own = new Set(['HABTWIN_CONFIG', 'HABTWIN_DATA', 'HABTWIN_LOG', 'HABTWIN_PASSWORD', 'HABTWIN_TOKEN'])

/** The configuration of the demo's mission control, which is no part of the habitat's. */
const BESIDE = 'HABTWIN_MISSION_CONTROL__'

export interface Override {
  readonly variable: string
  readonly path: readonly string[]
}

/**
 * Writes the overrides into a plain object, and returns what was set.
 * Values are read as YAML scalars: `HABTWIN_BROKER__MQTT=0` is a number.
 */
export function applyEnvironment(target: Record<string, unknown>, env: NodeJS.ProcessEnv): Override[] {
  const set: Override[] = []
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || own.has(variable) || text === undefined) continue
    if (variable.startsWith(BESIDE)) continue
    const path = variable.slice(PREFIX.length).toLowerCase().split('__')
    if (path.some((key) => key === '' || key === '__proto__')) continue
    let place = target
    for (const key of path.slice(0, -1)) {
      const next = Object.hasOwn(place, key) ? place[key] : undefined
      if (typeof next === 'object' && next !== null && !Array.isArray(next)) place = next as Record<string, unknown>
      else place = place[key] = {}
    }
    place[path.at(-1) as string] = isSecret(path) ? text : scalar(text)
    set.push({ variable, path })
  }
  return set
}

/** What is no YAML, such as the address `*:8080`, is meant as it stands. */
function scalar(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return text
  }
}

/** Keys whose value may come from the environment or a file of its own, never from the configuration itself. */
export function isSecret(path: readonly string[]): boolean {
  const last = path.at(-1)
  return last === 'token' || last === 'password'
}
