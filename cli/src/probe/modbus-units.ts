/** Who answers on a Modbus bus, and what it says that it is. */
import type { ModbusWire } from './modbus-wire.ts'

export interface FoundUnit {
  readonly unit: number
  /** What it says of itself, where it does: maker, product code, revision … */
  readonly identity?: Readonly<Record<string, string>>
  /** Where it answered with an exception alone, its number. */
  readonly exception?: number
  /** Bytes that make no answer: another baud rate or parity, or two units of one number. */
  readonly garbled?: number
}

/** Objects of the basic and regular identification (Modbus Application Protocol 1.1b3, 6.21). */
const OBJECTS = ['maker', 'product', 'revision', 'url', 'name', 'model', 'application']

/** A gateway's own: the unit behind it does not answer (7). */
const NOBODY = new Set([0x0a, 0x0b])

const question = (code: number, address: number, count: number) =>
  Buffer.from([code, address >> 8, address & 0xff, count >> 8, count & 0xff])

export async function findUnits(
  wire: Pick<ModbusWire, 'ask'>,
  units: readonly number[],
  tell: (done: number, what: string) => void,
  signal: AbortSignal,
): Promise<FoundUnit[]> {
  const found: FoundUnit[] = []
  for (const [i, unit] of units.entries()) {
    tell(i, `unit ${unit}; ${found.length} found`)
    const one = await findUnit(wire, unit, signal)
    if (one !== undefined) found.push(one)
  }
  return found
}

async function findUnit(
  wire: Pick<ModbusWire, 'ask'>,
  unit: number,
  signal: AbortSignal,
): Promise<FoundUnit | undefined> {
  let answer = await wire.ask(unit, question(3, 0, 1), signal)
  // some say nothing to a function that they do not have
  if (answer.is === 'silence') answer = await wire.ask(unit, question(4, 0, 1), signal)
  if (answer.is === 'silence') return undefined
  if (answer.is === 'garbled') return { unit, garbled: answer.bytes }
  if (answer.is === 'exception' && NOBODY.has(answer.code)) return undefined
  const identity = await identify(wire, unit, signal)
  return {
    unit,
    ...(answer.is === 'exception' ? { exception: answer.code } : {}),
    ...(Object.keys(identity).length === 0 ? {} : { identity }),
  }
}

/** Function 43, 14; nothing where it has none. */
async function identify(
  wire: Pick<ModbusWire, 'ask'>,
  unit: number,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const identity: Record<string, string> = {}
  // basic (1), then regular (2), each from the object where it left off
  for (const [level, first] of [
    [1, 0],
    [2, 3],
  ] as const) {
    let next: number | undefined = first
    for (let turn = 0; turn < OBJECTS.length && next !== undefined; turn++) {
      const answer = await wire.ask(unit, Buffer.of(0x2b, 0x0e, level, next), signal)
      if (answer.is !== 'answer') return identity
      next = readObjects(answer.data, identity)
    }
  }
  return identity
}

/** Puts what an answer tells into the identity; returns the object to ask for next, where there is more. */
function readObjects(data: Buffer, identity: Record<string, string>): number | undefined {
  const [, , , more, next, count = 0] = data
  let at = 6
  for (let i = 0; i < count && at + 2 <= data.length; i++) {
    const [object = 0, length = 0] = data.subarray(at, at + 2)
    const text = data
      .toString('latin1', at + 2, at + 2 + length)
      .replaceAll(/[^\x20-\x7e\xa0-\xff]/g, '')
      .trim()
    const name = OBJECTS[object]
    if (name !== undefined && text !== '') identity[name] = text
    at += 2 + length
  }
  return more === 0xff ? next : undefined
}
