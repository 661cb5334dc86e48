/** What is wrong with a configuration: everything at once, each with its place and its remedy. */
import { type ErrorCode, errorTable, HabtwinError } from '@habtwin/contract'

export interface Fault {
  readonly code: ErrorCode
  /** `zones.crew.volume` */
  readonly path: string
  /** From 1; absent where the fault has no place in the file. */
  readonly line?: number
  readonly column?: number
  readonly message: string
  readonly remedy: string
}

/** All faults of one configuration. */
export class ConfigError extends HabtwinError {
  readonly faults: readonly Fault[]
  readonly file: string

  constructor(file: string, faults: readonly Fault[]) {
    const first = faults[0]
    const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''
    super(first?.code ?? 'config/invalid', `${file}: ${first?.message ?? 'cannot be used'}${more}`, { where: file })
    this.faults = faults
    this.file = file
  }
}

/** A fault with the remedy of its code. */
export function makeFault(code: ErrorCode, path: string, message: string, at?: { line: number; col: number }): Fault {
  return {
    code,
    path,
    message,
    remedy: errorTable[code].remedy,
    ...(at ? { line: at.line, column: at.col } : {}),
  }
}

/** One fault as a person reads it: `habitat.yaml:7:12 zones.crew.volume: …`. */
export function describeFault(file: string, fault: Fault): string {
  const place = fault.line === undefined ? file : `${file}:${fault.line}:${fault.column}`
  return `${place} ${fault.path === '' ? '' : `${fault.path}: `}${fault.message} [${fault.code}]\n    ${fault.remedy}`
}
