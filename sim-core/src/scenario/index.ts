/** From what people write to a model: the id of a preset, our own form, or a SIMOC configuration with its library. */
import type { Model } from '../engine/index.ts'
import { invalid } from '../engine/index.ts'
import { preset, presets } from './library/index.ts'
import { ownToModel, readScenario } from './own.ts'
import { importSimoc, isSimoc } from './simoc/import.ts'
import { isObject, type Library, libraryOf, readLibrary } from './simoc/library.ts'

export { isObject, type Library, libraryOf, preset, presets, readLibrary, readScenario }

export interface ResolveOptions {
  /** What SIMOC configurations refer to. */
  readonly library?: Library | undefined
  readonly seed?: number | undefined
  /** Steps in all, over what the scenario says. */
  readonly steps?: number | undefined
}

/**
 * The model of a scenario.
 * @param input the id of a preset, or a scenario as an object
 * @throws HabtwinError scenario/invalid with every fault, each with its path in the input
 */
export function resolve(input: unknown, { library, ...options }: ResolveOptions = {}): Model {
  if (typeof input === 'string') return ownToModel(presetOf(input), options)
  if (!isObject(input)) throw invalid([{ path: '', what: 'a scenario is an object, or the id of a preset' }])
  if (!isSimoc(input)) return ownToModel(input, options)
  if (library !== undefined) return importSimoc(input, library, options)
  const what = 'a SIMOC configuration needs the library of agents and currencies that it refers to; give its folder'
  throw invalid([{ path: '', what }])
}

function presetOf(id: string): object {
  const form = preset(id)
  if (form !== undefined) return form
  const known = presets().map((one) => one.id)
  throw invalid([{ path: 'scenario', what: `there is no preset "${id}"; there are ${known.join(', ')}` }])
}
