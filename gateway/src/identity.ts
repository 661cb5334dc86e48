/** Who this machine is, and which of its starts this is. */

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** The node's id: the balena device's where there is one, else the host name, as one level of a topic. */
export function nodeId(env: NodeJS.ProcessEnv = process.env): string {
  const name = env.BALENA_DEVICE_UUID?.slice(0, 12) ?? hostname().split('.')[0] ?? ''
  const id = name
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64)
  return id === '' ? 'node' : id
}

/** Names this start of the machine, so that monotonic times can be compared (random(4), boot_id). */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return randomUUID() // no such file: not Linux; each start of the process counts as one of the machine
  }
}
