/** From what people write to a model: a SIMOC configuration with its library, our own form, or the id of a preset. */
import type { Model } from '../engine/index.ts'
import { invalid } from '../engine/index.ts'
import { importSimoc, isSimoc } from './simoc/import.ts'
import { isObject, type Library, libraryOf, readLibrary } from './simoc/library.ts'

export { isObject, type Library, libraryOf, readLibrary }

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
  if (!isObject(input)) throw invalid([{ path: '', what: 'a scenario is an object, or the id of a preset' }])
  if (isSimoc(input)) {
    if (library === undefined) throw invalid([{ path: '', what: 'a SIMOC configuration needs its library' }])
    return importSimoc(input, library, options)
  }
  throw invalid([{ path: '', what: 'is neither a scenario nor a SIMOC configuration' }])
}
