/** What holds now by what was said last. */
import type { LoggedEvent } from '@habtwin/contract/event'

/**
 * The newest event of its kind and place.
 * @param events in order of time
 */
export function holding(
  events: readonly LoggedEvent[],
  of: Pick<LoggedEvent, 'kind' | 'zone' | 'to'>,
  now: number,
): LoggedEvent | undefined {
  // people are outside, whichever hatch they took
  const isHere = (event: LoggedEvent) => of.kind === 'eva' || (event.zone === of.zone && event.to === of.to)
  return events.findLast((event) => event.kind === of.kind && isHere(event) && event.t <= now)
}
