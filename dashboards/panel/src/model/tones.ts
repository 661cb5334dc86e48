/** The tone of each level, as data: told apart by pitch, rhythm and number, not by loudness alone. */
import type { Level } from '@habtwin/contract/alert'

interface Note {
  /** Hz */
  readonly pitch: number
  /** s after the start of the tone */
  readonly at: number
  /** s */
  readonly length: number
}

export interface Tone {
  readonly notes: readonly Note[]
  readonly wave: 'sine' | 'square' | 'triangle'
  /** 0 to 1 */
  readonly gain: number
  /** ms between repeats while nobody has acknowledged; 0 sounds once. */
  readonly repeat: number
}

const beeps = (pitches: readonly number[], length: number, pause: number): Note[] =>
  pitches.map((pitch, i) => ({ pitch, at: i * (length + pause), length }))

export const tones: Readonly<Record<Level, Tone>> = {
  emergency: { notes: beeps([960, 720, 960, 720, 960, 720], 0.16, 0.02), wave: 'square', gain: 0.22, repeat: 2_000 },
  warning: { notes: beeps([880, 880, 880], 0.18, 0.1), wave: 'square', gain: 0.14, repeat: 5_000 },
  caution: { notes: beeps([660, 523], 0.22, 0.06), wave: 'triangle', gain: 0.3, repeat: 30_000 },
  advisory: { notes: beeps([523], 0.35, 0), wave: 'sine', gain: 0.22, repeat: 0 },
}

/** Somebody speaks: three rising notes, unlike any alert. */
export const safetyTone: Tone = { notes: beeps([523, 659, 784], 0.16, 0.04), wave: 'sine', gain: 0.28, repeat: 0 }
