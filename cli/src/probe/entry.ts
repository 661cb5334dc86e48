/** Entries for the configuration, to paste. */
import type { Guess } from './guess.ts'
import type { RegisterRow } from './modbus-registers.ts'

/** A zone of one’s own is to be put here. */
export const ZONE = 'crew'

export interface Target {
  readonly framing: 'rtu' | 'tcp'
  /** As it was written. */
  readonly written: string
  readonly host?: string
  readonly port?: number
  readonly baud: number
  readonly parity: string
}

/** @param devices lines, indented by two */
export function entry(bus: readonly [id: string, keys: string] | undefined, devices: readonly string[]): string {
  const buses = bus === undefined ? [] : ['buses:', `  ${bus[0]}: { ${bus[1]} }`]
  return [...buses, 'devices:', ...devices].join('\n')
}

export function modbusBus({ framing, written, host, port, baud, parity }: Target): readonly [string, string] {
  if (framing === 'tcp') {
    const name = host?.includes(':') ? `"${host}"` : host
    return ['plant', `driver: modbus-tcp, host: ${name}${port === 502 ? '' : `, port: ${port}`}`]
  }
  const even = parity === 'none' ? '' : `, parity: ${parity}`
  return ['rs485', `driver: modbus-rtu, path: ${written}, baud: ${baud}${even}`]
}

/** A device with the registers that look like something; the person keeps those that are. */
export function modbusDevice(target: Target, unit: number, kind: string, rows: readonly RegisterRow[]): string[] {
  const [bus] = modbusBus(target)
  const names = new Set<string>()
  const registers = rows.flatMap(({ address, guess }) =>
    guess === undefined ? [] : [`      ${nameOf(guess, address, names)}: { ${keysOf(guess, kind, address)} }`],
  )
  return [
    `  unit-${unit}:`,
    `    zone: ${ZONE}`,
    `    driver: modbus-${target.framing}`,
    `    bus: ${bus}`,
    `    unit: ${unit}`,
    ...(registers.length === 0 ? [`    registers: {}`] : ['    registers:', ...registers]),
  ]
}

function nameOf({ point }: Guess, address: number, taken: Set<string>): string {
  const name = point === undefined || taken.has(point) ? `${point ?? 'register'}-${address}` : point
  taken.add(name)
  return name
}

function keysOf({ type, order, scale, unit }: Guess, kind: string, address: number): string {
  return [
    ...(kind === 'holding' ? [] : [`function: ${kind}`]),
    `address: ${address}`,
    ...(type === 'u16' ? [] : [`type: ${type}`]),
    ...(order === undefined || order === 'ABCD' ? [] : [`order: ${order}`]),
    ...(scale === undefined ? [] : [`scale: ${scale}`]),
    ...(unit === undefined ? [] : [`unit: "${unit}"`]),
  ].join(', ')
}
