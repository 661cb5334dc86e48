/** What a check of the doctor is given, and what it says. */
import type { Config, DataFolder } from '@habtwin/runtime'
import type { Machine } from './machine.ts'

/** `ok`; `note`: works, and could be better; `fault`: does not work. */
export type Level = 'ok' | 'note' | 'fault'

export interface Finding {
  readonly level: Level
  /** One sentence, without its full stop. */
  readonly says: string
  /** What to do, where there is something to be done. */
  readonly todo?: string
  /** True for a fault with which habtwin does not start. */
  readonly stops?: boolean
}

export interface Subject {
  readonly machine: Machine
  /** The configuration's file. */
  readonly file: string
  /** False where no file was given and the demo's is looked at. */
  readonly given: boolean
  /** Undefined where the file has faults. */
  readonly config: Config | undefined
  /** What is wrong with the file, one sentence each. */
  readonly faults: readonly string[]
  readonly data: DataFolder
  /** Whether a line runs in the data folder already, and as which processes. */
  readonly running: { readonly yes: boolean; readonly pids: readonly number[] }
}

export interface Check {
  readonly title: string
  look(subject: Subject): Finding[] | Promise<Finding[]>
}

export const ok = (says: string): Finding => ({ level: 'ok', says })
export const note = (says: string, todo?: string): Finding => ({ level: 'note', says, ...(todo ? { todo } : {}) })
export const fault = (says: string, todo: string): Finding => ({ level: 'fault', says, todo })
/** A fault with which habtwin does not start. */
export const stop = (says: string, todo: string): Finding => ({ level: 'fault', says, todo, stops: true })

/** `1 device`, `2 devices`. */
export function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
