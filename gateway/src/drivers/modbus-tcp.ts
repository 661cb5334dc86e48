/** Modbus TCP: devices described by their registers, on a connection that comes back by itself. */
import { HabtwinError, id } from '@habtwin/contract'
import { z } from 'zod'
import { type DeviceContext, defineDriver, type Instrument, type Setting } from './driver.ts'
import type { ModbusTcp, Request } from './modbus/connection.ts'
import {
  type Block,
  declare,
  decode,
  encode,
  isBit,
  planBlocks,
  type Register,
  register,
  widthOf,
} from './modbus/registers.ts'

const options = z.object({
  /** Unit number; what a gateway to a serial line tells its devices apart by. */
  unit: z.int().min(0).max(255).default(1),
  /** Point → where it lies and how it is meant. */
  registers: z.record(id, register),
  /** Registers that nobody asked for and that may lie between two that are read together. */
  gap: z.int().min(0).max(124).default(0),
  /** Registers in one request at most. */
  block: z.int().min(1).max(125).default(125),
})

const busOptions = z.object({
  /** Name or address. */
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).default(502),
})

type Options = z.output<typeof options>

export default defineDriver<Options, z.output<typeof busOptions>, ModbusTcp>({
  name: 'modbus-tcp',
  simulated: false,
  options,
  rides: ['modbus-tcp'],
  bus: {
    options: busOptions,
    async open({ options: { host, port } }) {
      const [{ default: modbus }, { ModbusTcp }] = await Promise.all([
        import('modbus-serial'),
        import('./modbus/connection.ts'),
      ])
      return new ModbusTcp(host, port, () => new modbus.default())
    },
  },
  describe: ({ registers }) => ({ points: declare(registers) }),
  async open(device) {
    await device.bus.connect(device.signal)
    return openDevice(device)
  },
})

function openDevice({
  id: where,
  bus,
  options: { unit, registers, gap, block },
}: DeviceContext<Options, ModbusTcp>): Instrument {
  const blocks = planBlocks(registers, gap, block)
  return {
    async read(signal) {
      const values: Record<string, number> = {}
      for (const block of blocks) {
        const bytes = await bus.ask(reading(where, unit, block), signal)
        for (const point of block.points) values[point] = extract(point, registers[point] as Register, block, bytes)
      }
      return { values }
    },
    async write(point, value, signal) {
      const entry = registers[point]
      if (entry === undefined) throw new HabtwinError('command/refused', `there is no ${point}`, { where })
      await bus.ask(writing(where, unit, point, entry, value), signal)
      const [block] = planBlocks({ [point]: entry }, 0, 4) as [Block]
      return extract(point, entry, block, await bus.ask(reading(where, unit, block), signal))
    },
    async [Symbol.asyncDispose]() {}, // the connection is the bus's
  }
}

function reading(where: string, unit: number, { function: kind, address, count }: Block): Request {
  return {
    unit,
    where,
    send(client, next) {
      if (kind === 'coil') client.writeFC1(unit, address, count, next)
      else if (kind === 'discrete') client.writeFC2(unit, address, count, next)
      else if (kind === 'holding') client.writeFC3(unit, address, count, next)
      else client.writeFC4(unit, address, count, next)
    },
  }
}

function writing(where: string, unit: number, point: string, entry: Register, value: Setting): Request {
  if (entry.function === 'input' || entry.function === 'discrete') {
    throw new HabtwinError('command/refused', `${point} is an ${entry.function} register: it can only be read`, {
      where,
    })
  }
  return {
    unit,
    where,
    send(client, next) {
      if (isBit(entry)) return client.writeFC5(unit, entry.address, Number(value) !== 0, next)
      const bytes = encode(point, entry, Number(value))
      if (bytes.length === 2) return client.writeFC6(unit, entry.address, bytes.readUInt16BE(), next)
      const words = Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16BE(2 * i))
      return client.writeFC16(unit, entry.address, words, next)
    },
  }
}

/** The value of one point out of the answer to its block. */
function extract(point: string, entry: Register, block: Block, bytes: Buffer): number {
  const from = entry.address - block.address
  // bits come eight to a byte, the lowest first (Modbus Application Protocol 1.1b3, 6.1)
  if (isBit(entry)) return ((bytes[from >> 3] ?? 0) >> (from & 7)) & 1
  return decode(point, entry, bytes.subarray(2 * from, 2 * (from + widthOf(entry))))
}
