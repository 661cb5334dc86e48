/** A fault of a model, told with its path. */
import { HabtwinError } from '@habtwin/contract/errors'

/** One thing that is wrong: where in the input, and what. */
export interface Fault {
  readonly path: string
  readonly what: string
}

/** The error that tells of every fault at once. */
export function invalid(faults: readonly Fault[]): HabtwinError {
  const told = faults.slice(0, 50).map(({ path, what }) => `${path}: ${what}`)
  if (faults.length > told.length) told.push(`and ${faults.length - told.length} more`)
  return new HabtwinError('scenario/invalid', told.join('\n'), faults[0] === undefined ? {} : { where: faults[0].path })
}
