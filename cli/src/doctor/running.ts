/** Whether habtwin runs in a data folder: its lock tells, and is left as it is. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { DataFolder } from '@habtwin/runtime'
import type { Machine } from './machine.ts'

export interface Running {
  readonly yes: boolean
  /** Its processes, as far as they may be seen. */
  readonly pids: readonly number[]
}

export function running(machine: Machine, { root, gateway }: DataFolder): Running {
  const held = [root, gateway].map((folder) => join(folder, 'lock.db')).filter(isHeld)
  if (held.length === 0) return { yes: false, pids: [] }
  const holders = held.flatMap((file) => machine.holders(file)).map(({ pid }) => pid)
  const all = machine
    .list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
  const children = all.filter((pid) => machine.ancestors(pid).some((parent) => holders.includes(parent)))
  return { yes: true, pids: [...new Set([...holders, ...children])].sort((a, b) => a - b) }
}

/** A lock of SQLite lets nobody read either. */
function isHeld(file: string): boolean {
  if (!existsSync(file)) return false
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(file, { readOnly: true })
    db.prepare('SELECT count(*) FROM sqlite_schema').get()
    return false
  } catch (error) {
    return (error as { errcode?: number }).errcode === 5
  } finally {
    db?.close()
  }
}
