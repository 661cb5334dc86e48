/**
 * A serial port by its path: `/dev/serial/by-id/…` or `/dev/tty…` of this machine, `tcp://host:port` of a serial device
 * server that hands the bytes through, or `simulated`. Whatever is pulled out, the process goes on: every error of a
 * stream is heard, the end is told once, and nothing stays open (node-modbus-serial#379).
 */
import type { HabtwinError } from '@habtwin/contract'
import { z } from 'zod'
import type { PortMemory } from './adapter.ts'

/** An open port. Bytes that come while nobody listens are dropped. */
export interface SerialPort {
  /** Resolves when the system has taken the bytes; rejects with a `device/*` error. */
  write(bytes: Uint8Array): Promise<void>
  onData: ((bytes: Uint8Array) => void) | undefined
  /** Called once where the port ends by itself, and not after `close`. */
  onClose: ((reason: HabtwinError) => void) | undefined
  /** Resolves when nothing is open any more. A second time does nothing. */
  close(): Promise<void>
}

/** The keys of a bus on a serial port. */
export const serialOptions = {
  /** `/dev/serial/by-id/…`, `/dev/tty…`, `tcp://host:port`, or `simulated`. */
  path: z.string().regex(/^(\/.+|tcp:\/\/[^/:]+:\d{1,5}|tcp:\/\/\[[0-9a-f:]+\]:\d{1,5}|simulated)$/i, {
    error: 'write a path as /dev/serial/by-id/usb-…, tcp://host:port, or simulated',
  }),
  baud: z.int().min(50).max(4_000_000).default(9_600),
  parity: z.enum(['none', 'even', 'odd']).default('none'),
  dataBits: z.union([z.literal(7), z.literal(8)]).default(8),
  stopBits: z.union([z.literal(1), z.literal(2)]).default(1),
}

export interface SerialSettings {
  readonly path: string
  readonly baud: number
  readonly parity: 'none' | 'even' | 'odd'
  readonly dataBits: 7 | 8
  readonly stopBits: 1 | 2
}

/** Bits on the wire for one byte, with its start bit. */
export function bitsPerByte({ parity, dataBits, stopBits }: Omit<SerialSettings, 'path' | 'baud'>): number {
  return 1 + dataBits + (parity === 'none' ? 0 : 1) + stopBits
}

export interface Opening {
  /** The bus, for errors. */
  readonly where: string
  /** Aborted when it takes too long. */
  readonly signal: AbortSignal
  /** Kept by the bus from one opening to the next, so that another adapter under the same number is noticed. */
  readonly memory?: PortMemory | undefined
  /** What `simulated` opens: the near end of a line, as SerialLine.open gives it. */
  readonly simulated?: (() => SerialPort) | undefined
}

/** Opens the port. Throws device/unreachable with what is in the way, and leaves nothing open. */
export async function openPort(settings: SerialSettings, opening: Opening): Promise<SerialPort> {
  if (settings.path === 'simulated') {
    if (opening.simulated === undefined) throw new TypeError('there is nothing simulated here')
    return opening.simulated()
  }
  if (settings.path.startsWith('tcp://')) return (await import('./tcp.ts')).openTcp(settings.path, opening)
  return (await import('./tty.ts')).openTty(settings, opening)
}
