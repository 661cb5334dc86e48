/** Has the gateway write into its audit log who logged in at the panel, and who could not. */
import { randomUUID } from 'node:crypto'
import { isHabtwinError, topic, wire } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import type { Link } from '@habtwin/runtime/mqtt'

/** Not written any more after so long, ms: what is told late would stand at the wrong time. */
const EXPIRES = 30_000

export interface TellParts {
  readonly habitat: string
  readonly link: Pick<Link, 'publish' | 'up'>
  readonly clock: Pick<Clock, 'now'>
}

/** Says it once; where the gateway is away, the log of sim alone has it. */
export function tellGateway({ habitat, link, clock }: TellParts, kind: string, what: string, by: string): void {
  if (!link.up) return
  const command = { id: randomUUID(), value: what, by, expires: clock.now() + EXPIRES }
  link.publish(wire(habitat, topic.command('access', kind)), JSON.stringify(command)).catch((error: unknown) => {
    if (!isHabtwinError(error, 'link/unavailable')) throw error
  })
}
