/** What a process of the line tells `habtwin up`, where that started it. */

export interface Ready {
  readonly ready: 'gateway' | 'sim' | 'receive'
  /** Listener → where it is. */
  readonly addresses: Readonly<Record<string, string | undefined>>
}

/** @returns false where nobody started this process who could be told */
export function tellParent(message: Ready): boolean {
  return process.send?.(message) !== undefined
}
