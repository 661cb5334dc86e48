/** Devices on one Modbus bus that were given the same unit number. */

interface Placed {
  readonly driver: string
  readonly unit: number
  /** Those that are read, where not all of a library's table are. */
  readonly points?: readonly string[] | undefined
}

/** Keys by which the configuration itself says which registers are meant. */
const tables = ['registers', 'relays', 'channels']

/**
 * Each device whose unit number another has already. On a serial line both would answer at once, and every answer
 * would be garbled (Modbus over Serial Line V1.02, 2.2); one entry for each of two zones of the same module is meant.
 */
export function* clashes(devices: Readonly<Record<string, unknown>>): Generator<readonly [string, string]> {
  const seen: [string, Placed][] = []
  for (const [name, place] of Object.entries(devices as Record<string, Placed>)) {
    const other = seen.find(([, its]) => its.unit === place.unit && !mayBeOne(its, place))
    if (other !== undefined)
      yield [name, `${other[0]} is unit ${place.unit} of this bus already; set one of them to another number`]
    seen.push([name, place])
  }
}

/** True where two entries may be two views of one device. */
function mayBeOne(a: Placed, b: Placed): boolean {
  if (isTable(a) || isTable(b)) return isTable(a) && isTable(b)
  return (
    a.driver === b.driver && a.points !== undefined && b.points?.some((point) => a.points?.includes(point)) === false
  )
}

function isTable(device: Placed): boolean {
  return tables.some((key) => key in device)
}
