/** Tells where a process of this data folder answers, for whoever looks after it from outside: `deploy/healthy.js`. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DataFolder } from './folder.ts'

/**
 * Writes `open/{part}.json` in the data folder. A disk that takes nothing is told of by the process itself.
 * @param address `host:port`, as it was opened
 */
export function tellOpen({ root }: DataFolder, part: string, address: string | undefined, tls: boolean): void {
  if (address === undefined) return
  const folder = join(root, 'open')
  const file = join(folder, `${part}.json`)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(`${file}.new`, JSON.stringify({ url: `${tls ? 'https' : 'http'}://${reachable(address)}` }))
    renameSync(`${file}.new`, file)
  } catch {
    // whoever asks finds nothing, and says so
  }
}

/** Where every address of a machine is listened on, this one is among them. */
function reachable(address: string): string {
  return address.replace(/^(?:0\.0\.0\.0|\[::\]|::|\*)(?=:\d+$)/, '127.0.0.1')
}
