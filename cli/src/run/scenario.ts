/** What `habtwin run` is given to run: a file, or the id of a preset. */
import { closeSync, openSync, readSync } from 'node:fs'
import { HabtwinError, isHabtwinError, messageOf } from '@habtwin/contract'
import { presets, readScenario } from '@habtwin/sim-core/scenario/index'

/** Largest file, bytes, as for REST: a configuration with hundreds of agents has some hundred kilobytes. */
const MOST = 4_000_000

/**
 * The scenario in a file; or what was given itself, where there is no such file and it is the id of a preset.
 * @throws HabtwinError scenario/unreadable, scenario/invalid
 */
export function scenarioIn(given: string): unknown {
  const text = textOf(given)
  if (text === undefined) return presetOf(given)
  try {
    // YAML is read far slower
    if (/^\s*\{/.test(text)) return JSON.parse(text)
  } catch (cause) {
    if (/\.json$/i.test(given)) {
      throw new HabtwinError('scenario/unreadable', `${given} is no JSON: ${messageOf(cause)}`, { where: given, cause })
    }
  }
  try {
    return readScenario(text)
  } catch (cause) {
    if (isHabtwinError(cause)) throw cause
    // what YAML itself gives up, such as names that stand for ever more names
    throw new HabtwinError('scenario/unreadable', `${given} cannot be read: ${messageOf(cause)}`, {
      where: given,
      cause,
    })
  }
}

function presetOf(given: string): string {
  const known = presets().map(({ id }) => id)
  if (known.includes(given)) return given
  throw new HabtwinError(
    'scenario/unreadable',
    `there is neither a file nor a preset "${given}"; the presets are ${known.join(', ')}`,
  )
}

/** The text of a file; undefined where there is no file, and the name may be a preset's. */
function textOf(path: string): string | undefined {
  try {
    const bytes = Buffer.allocUnsafe(MOST + 1)
    const length = fill(bytes, path)
    if (length <= MOST) return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length))
  } catch (cause) {
    const isName = /^[\w-]+$/.test(path)
    if (isName && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new HabtwinError('scenario/unreadable', `${path} cannot be read: ${messageOf(cause)}`, { where: path, cause })
  }
  throw new HabtwinError('scenario/unreadable', `${path} is too large: a scenario has at most ${MOST / 1e6} MB`, {
    where: path,
  })
}

/** Reads until a buffer is full, and no more: a pipe does not say how much there will be. @returns bytes */
function fill(buffer: Buffer, path: string): number {
  const file = openSync(path, 'r')
  try {
    let length = 0
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = readSync(file, buffer, length, buffer.length - length, null)
    }
    return length
  } finally {
    closeSync(file)
  }
}
