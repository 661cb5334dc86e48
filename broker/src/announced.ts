/** Connections that begin with a line which says for whom they are. */
import type { Duplex } from 'node:stream'
import { type Announcement, LONGEST_LINE, readAnnouncement } from '@habtwin/runtime/announcement'

const END = 0x0a

/**
 * Reads the line before the first byte of a connection, and leaves what follows to whoever reads it next.
 * @param patience ms until the line must be there
 * @param done told once: what it says, or undefined where it says nothing that can be understood
 */
export function announced(conn: Duplex, patience: number, done: (said: Announcement | undefined) => void): void {
  let line = Buffer.alloc(0)
  const late = setTimeout(() => end(undefined), patience)
  const read = () => {
    for (let chunk = conn.read(); chunk !== null; chunk = conn.read()) {
      const at = chunk.indexOf(END)
      line = Buffer.concat([line, at < 0 ? chunk : chunk.subarray(0, at)])
      if (line.length > LONGEST_LINE) return end(undefined)
      if (at < 0) continue
      if (at + 1 < chunk.length) conn.unshift(chunk.subarray(at + 1))
      return end(readAnnouncement(line.toString()))
    }
  }
  const end = (said: Announcement | undefined) => {
    clearTimeout(late)
    conn.off('readable', read)
    conn.off('close', gone)
    done(said)
  }
  const gone = () => clearTimeout(late)
  conn.on('readable', read)
  conn.once('close', gone)
}
