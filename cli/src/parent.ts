/** What a process of the line tells `habtwin up`, where that started it. */

export interface Ready {
  readonly ready: 'gateway' | 'sim'
  /** Listener → where it is. */
  readonly addresses: Readonly<Record<string, string | undefined>>
}

export function tellParent(message: Ready): void {
  process.send?.(message)
}
