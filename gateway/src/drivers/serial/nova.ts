/**
 * Frames of Nova's dust sensors. Source: "Laser Dust Sensor Control Protocol" V1.3 (Nova Fitness), 9600 baud 8N1.
 *
 *   reading  AA C0 pm25(lo hi) pm10(lo hi) id(2) sum AB
 *   answer   AA C5 command … id(2) sum AB
 *   command  AA B4 command set value … id(2) sum AB (19 bytes; id FF FF speaks to any)
 */
import { begins, type FrameShape, sum } from './frames.ts'

export const FRAME = 10
export const COMMAND = 19
export const READING = 0xc0
export const ANSWER = 0xc5

/** Commands: byte 2. */
export const MODE = 0x02 // 0 reports by itself, 1 is asked
export const QUERY = 0x04
export const SLEEP = 0x06 // 0 asleep, 1 awake
export const PERIOD = 0x08 // minutes, 0 without a rest

export const ANY = 'FFFF'

export const novaFrame: FrameShape = {
  longest: FRAME,
  sizeOf(rest) {
    if (!begins(rest, 0xaa)) return 0
    if (rest.length < 2) return undefined
    return rest[1] === READING || rest[1] === ANSWER ? FRAME : 0
  },
  holds: (frame) => frame[FRAME - 1] === 0xab && frame[FRAME - 2] === (sum(frame, 2, FRAME - 2) & 0xff),
}

/** @param id of the sensor, four hexadecimal digits */
export function command(what: number, value: number, id: string): Uint8Array {
  const frame = new Uint8Array(COMMAND)
  // byte 3 says that something is to be set, and not only told; a query sets nothing
  frame.set([0xaa, 0xb4, what, what === QUERY ? 0 : 1, value])
  frame.set(Buffer.from(id, 'hex'), 15)
  return closed(frame)
}

/** Puts the sum and the tail into the last two bytes. */
export function closed(frame: Uint8Array): Uint8Array {
  frame[frame.length - 2] = sum(frame, 2, frame.length - 2) & 0xff
  frame[frame.length - 1] = 0xab
  return frame
}

/** Which sensor a frame is of: four hexadecimal digits, as its label has them. */
export function idOf(frame: Uint8Array): string {
  return Buffer.from(frame.subarray(6, 8)).toString('hex').toUpperCase()
}
