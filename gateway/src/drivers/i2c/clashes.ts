/** Devices that would answer together on one I2C bus. */
import type { Mux } from './bus.ts'
import { hex, placeName } from './faults.ts'

interface Placed {
  readonly address: number
  readonly mux?: Mux | undefined
}

/** Each device that is where another is already, or where another is heard as well. */
export function* clashes(devices: Readonly<Record<string, unknown>>): Generator<readonly [string, string]> {
  const seen: [string, Placed][] = []
  const placed = Object.entries(devices as Record<string, Placed>)
  for (const [name, place] of placed) {
    const holder = placed.find(([, { mux }]) => mux?.address === place.address)
    if (holder !== undefined) yield [name, `at ${hex(place.address)} is the multiplexer of ${holder[0]}`]
    const [other, its] = seen.find(([, its]) => areHeardTogether(its, place)) ?? []
    if (other !== undefined && its !== undefined) {
      const way =
        its.mux?.channel === place.mux?.channel
          ? 'they cannot be told apart'
          : 'one in front of a multiplexer always answers'
      yield [name, `${other} is at ${placeName(its)} already, and ${way}; give one of them another address or channel`]
    }
    seen.push([name, place])
  }
}

/** One in front of all multiplexers is heard whichever channel is open. */
function areHeardTogether(a: Placed, b: Placed): boolean {
  if (a.address !== b.address) return false
  if (a.mux === undefined || b.mux === undefined) return true
  return a.mux.address === b.mux.address && a.mux.channel === b.mux.channel
}
