/**
 * How a process of the house says for whom it speaks, where it only passes on what others send: one line of JSON before
 * the first byte, on a Unix socket that nobody else can open. The PROXY protocol of HAProxy does the same for addresses.
 */
import { z } from 'zod'
import { type Principal, roles } from './access.ts'

/** Bytes of the line, at most. */
export const LONGEST_LINE = 1_024

const text = z.string().max(128)

const announcement = z.strictObject({
  who: z.strictObject({
    // nobody passes on what the house itself says
    role: z.enum(roles).exclude(['service']),
    name: text,
    habitat: text.optional(),
    device: text.optional(),
    client: text.optional(),
    credential: text.optional(),
    via: z.enum(['socket', 'loopback', 'network', 'password', 'token', 'session', 'certificate']),
  }),
  /** The address of whoever it is. */
  from: z.string().max(64),
})

export interface Announcement {
  readonly who: Principal
  readonly from: string
}

/** The line, with its end. */
export function announce(said: Announcement): string {
  return `${JSON.stringify(said)}\n`
}

/** What a line says; undefined where it is none. */
export function readAnnouncement(line: string): Announcement | undefined {
  try {
    return announcement.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}
