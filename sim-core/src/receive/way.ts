/** The way of what is sent to a habitat: when it arrives, and when an answer can be there. */
import type { BridgeState } from '@habtwin/contract'
import { type Journey, journey } from '@habtwin/contract/contact'

export interface Sending {
  readonly bridge: BridgeState | undefined
  /** What it is for: the switch of the link itself is in real time. */
  readonly device: string | undefined
  /** By the clock here, ms. */
  readonly now: number
  /** How far the clock there is ahead, by which contacts go, ms. */
  readonly skew: number
}

/** The way of what is sent now, in times of here. */
export function wayOf({ bridge, device, now, skew }: Sending): Journey {
  const { delay = 0, contact, next, plan, emergency } = bridge ?? {}
  const there = now + skew
  const isAtOnce = emergency !== undefined || device === 'link'
  const way =
    isAtOnce || plan !== undefined
      ? journey(isAtOnce ? {} : (plan ?? {}), 'mission-control', there)
      : through(delay, contact && [contact, ...(next ? [next] : [])], there)
  return { sent: now, leaves: way.leaves - skew, arrives: way.arrives - skew, answer: way.answer - skew }
}

/** Through the contacts that were told. */
function through(delay: number, windows: readonly { from: number; to: number }[] | undefined, now: number): Journey {
  if (windows === undefined) return journey({ delay }, 'mission-control', now)
  const [first] = windows
  const period = 1e15 // they were told one by one, and do not come again
  const epoch = first?.from ?? now
  const spans = windows.map(({ from, to }): [number, number] => [from - epoch, to - epoch])
  return journey({ delay, contacts: { epoch, period, windows: spans } }, 'mission-control', now)
}
