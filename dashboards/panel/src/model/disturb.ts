/** The controls that disturb the virtual habitat: words for them, and which state they are in. */
import type { Choices } from './about.ts'
import type { Received } from './habitat.ts'

export type Setting = string | number | boolean

interface Words {
  readonly title: string
  /** What the disturbed state does to the habitat, in one line. */
  readonly hint: string
  /** Value → what it is called while it holds, and on the button that brings it about. */
  readonly of: Readonly<Record<string, readonly [state: string, act: string]>>
}

const known: Readonly<Record<string, Words>> = {
  scrubber: {
    title: 'CO₂ scrubber',
    hint: 'Without it CO₂ climbs by about 100 ppm an hour for each person.',
    of: { auto: ['Working', 'Repair it'], failed: ['Failed', 'Fail it'] },
  },
  leak: {
    title: 'Hull',
    hint: 'An open leak lets the habitat’s air out.',
    of: { sealed: ['Sealed', 'Seal it'], open: ['Leaking', 'Open a leak'] },
  },
  visitors: {
    title: 'Visitors',
    hint: 'More people: more CO₂, heat and water vapour.',
    of: { 0: ['None', 'Send them out'], 1: ['One is in', 'One comes in'], 2: ['Two are in', 'Two come in'] },
  },
  unplug: {
    title: 'Sensors',
    hint: 'A silent instrument is shown as stale, then alarmed.',
    of: { none: ['All plugged in', 'All plugged in'] },
  },
  lamps: {
    title: 'Grow lamps',
    hint: 'Without light the plants give off CO₂ instead of taking it up.',
    of: { auto: ['By schedule', 'By schedule'], off: ['Off', 'Switch off'] },
  },
}

export interface ControlWords {
  readonly title: string
  readonly hint: string
  /** What a value is called, as the state that holds or as the act that brings it about. */
  readonly option: (value: Setting, holds: boolean) => string
}

/** The words of a control; one that the page does not know shows its own name and values. */
export function controlWords(point: string): ControlWords {
  const words = known[point]
  const plain = point === 'unplug' ? (value: Setting) => `Unplug ${value}` : (value: Setting) => String(value)
  return {
    title: words?.title ?? point,
    hint: words?.hint ?? '',
    option: (value, holds) => words?.of[String(value)]?.[holds ? 0 : 1] ?? plain(value),
  }
}

/** What a command was answered with, and when, ms of the wall clock. */
export interface Readback {
  readonly value: Setting
  readonly at: number
}

/** What a control's own number stands for, where it is not the setting itself (gateway/src/drivers/virtual.ts). */
const stands: Readonly<Record<string, readonly [zero: string, one: string]>> = {
  scrubber: ['failed', 'auto'],
  leak: ['sealed', 'open'],
  lamps: ['off', 'auto'],
}

/** Something is unplugged, but not by this page, so it does not know what. */
export const SOMETHING = 'something'

/**
 * What a control is set to: what its device reads, but an answer to a command that is newer than the reading;
 * without either, the undisturbed state.
 */
export function settingOf(
  point: string,
  choices: Choices,
  readback: Readback | undefined,
  received: Received | undefined,
): Setting {
  const first = choices[0] ?? ''
  const read = received?.reading.values[point]
  if (typeof read !== 'number' || (readback !== undefined && readback.at >= (received?.at ?? 0))) {
    return readback?.value ?? first
  }
  if (choices.includes(read)) return read
  const words = stands[point]
  if (words) return words[read === 0 ? 0 : 1]
  if (read === 0) return first
  return readback === undefined || readback.value === first ? SOMETHING : readback.value
}
