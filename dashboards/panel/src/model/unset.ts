/** Whose clock is not set: then times are estimates. */
import type { ClockState } from '@habtwin/contract/clock'
import type { NodeStatus } from '@habtwin/contract/device'

export interface Unset {
  readonly node: string
  readonly reason: string
  /** Readings that wait for it. */
  readonly waiting: number
}

/**
 * @param nodes by name, as the live line tells of them
 * @param told what REST says, where the live line is away or has not come yet
 */
export function unsetClock(
  nodes: ReadonlyMap<string, NodeStatus>,
  told: (ClockState & { readonly node: string; readonly waiting: number }) | undefined,
): Unset | undefined {
  for (const [node, { state, clock }] of nodes) {
    if (state !== 'offline' && clock?.synced === false)
      return { node, reason: clock.reason, waiting: told?.waiting ?? 0 }
  }
  if (told === undefined || told.synced || nodes.get(told.node)?.clock !== undefined) return undefined
  return { node: told.node, reason: told.reason, waiting: told.waiting }
}
