/**
 * Frames of Plantower's dust sensors. Source: "PMS5003 series data manual" V2.3, appendix I (protocol): 9600 baud 8N1,
 * all words high byte first.
 *
 *   data     42 4D 00 1C  13 words  sum        answer   42 4D 00 04 command data sum
 *   command  42 4D E1 00 01 sum
 */
import { begins, type FrameShape, sum, wordAt } from './frames.ts'

export const DATA = 32
const ANSWER = 8
export const COMMAND = 7

/** Commands, with what stands in their low data byte. */
export const MODE = 0xe1 // 0 passive, 1 active
export const READ = 0xe2
export const FAN = 0xe4 // 0 asleep, 1 awake

export const plantowerFrame: FrameShape = {
  longest: DATA,
  sizeOf(rest) {
    if (!begins(rest, 0x42, 0x4d, 0x00)) return 0
    if (rest.length < 4) return undefined
    return rest[3] === DATA - 4 ? DATA : rest[3] === ANSWER - 4 ? ANSWER : 0
  },
  holds: (frame) => wordAt(frame, frame.length - 2) === sum(frame, 0, frame.length - 2),
}

export function command(what: number, value: number): Uint8Array {
  return closed(Uint8Array.of(0x42, 0x4d, what, 0, value, 0, 0))
}

/** Puts the sum of all bytes before into the last two. */
export function closed(frame: Uint8Array): Uint8Array {
  const total = sum(frame, 0, frame.length - 2)
  frame[frame.length - 2] = total >> 8
  frame[frame.length - 1] = total & 0xff
  return frame
}
