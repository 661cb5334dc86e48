/** What Linux says of a process (proc(5)). */
import { readFileSync } from 'node:fs'

const MB = 1_000_000
/** Ticks a second in /proc/PID/stat; USER_HZ is 100 on every Linux that Node runs on. */
const TICKS = 100

/** Resident memory, MB: all of it, and with what is shared divided among those who share it. */
export function memory(pid: number): { rss: number; pss: number } {
  const kB = (text: string, key: string) =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN)
  return {
    rss: (kB(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmRSS') * 1024) / MB,
    pss: (kB(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'), 'Pss') * 1024) / MB,
  }
}

/** Resident memory, MB; cheap enough to be asked each second. */
export function rss(pid: number): number {
  return (Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024) / MB
}

/** Processor time used so far, seconds. */
export function cpu(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // the second field is the name, which may hold spaces
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/**
 * Bytes that a process has sent to the block device, less those that were taken back before they got there. A file
 * system in memory (tmpfs) counts none.
 */
export function written(pid: number): number {
  const io = readFileSync(`/proc/${pid}/io`, 'utf8')
  const bytes = (key: string) => Number(new RegExp(`^${key}: (\\d+)`, 'm').exec(io)?.[1] ?? 0)
  return bytes('write_bytes') - bytes('cancelled_write_bytes')
}
