/** What of a bridge's configuration may be wrong on this machine: `habtwin check`. */
import { accessSync, constants } from 'node:fs'
import { messageOf } from '@habtwin/contract'
import type { Config } from '@habtwin/runtime'

const files = ['ca', 'certificate', 'key', 'password_file', 'token_file'] as const

/** Files that cannot be read now, and logins that go over the wire as they are. */
export function bridgeHints({ bridges }: Pick<Config, 'bridges'>): { path: string; message: string }[] {
  return Object.entries(bridges).flatMap(([name, bridge]) => {
    const path = `bridges.${name}`
    const unreadable = files.flatMap((key) => {
      const file = bridge[key]
      const why = file === undefined ? undefined : unreadableFor(file)
      return why === undefined
        ? []
        : [{ path: `${path}.${key}`, message: `${why}; the bridge waits until it can be read` }]
    })
    const { protocol, hostname } = new URL(bridge.url)
    const secret = bridge.password_file ?? bridge.token_file ?? bridge.password ?? bridge.token
    const plain = protocol === 'mqtt:' || protocol === 'ws:'
    const far = hostname !== 'localhost' && !hostname.startsWith('127.')
    if (!plain || !far || secret === undefined) return unreadable
    return [...unreadable, { path: `${path}.url`, message: 'whoever is on the way can read the login: use `mqtts://` or `wss://`' }] // biome-ignore format: one thought
  })
}

function unreadableFor(file: string): string | undefined {
  try {
    accessSync(file, constants.R_OK)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}
