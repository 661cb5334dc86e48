/**
 * Fewer, larger writes. An MQTT packet is written in five small pieces, and a packet is often followed by another:
 * the stream is held corked, let go once per turn of the event loop, and what has gathered goes as one buffer.
 * Measured: half the CPU per message, and one WebSocket frame instead of five.
 */
import type { Duplex } from 'node:stream'

interface Piece {
  readonly chunk: Buffer | string
  readonly encoding: BufferEncoding
}

/**
 * Makes a connection gather its writes. Order, back-pressure and callbacks stay what they were; what was written
 * just before `end()` is still sent, what was written just before `destroy()` may not be.
 * @param sent told the size of each buffer that goes out, bytes
 */
export function coalesce(conn: Duplex, sent: (bytes: number) => void): void {
  const cork = conn.cork.bind(conn)
  const uncork = conn.uncork.bind(conn)
  let held = false
  const flush = () => {
    held = false
    uncork()
  }
  conn.cork = () => {
    if (held) return
    held = true
    cork()
    setImmediate(flush)
  }
  // the writer uncorks after each packet, which may not let go before the turn is over
  conn.uncork = () => {}
  const end = conn.end.bind(conn) as (...args: unknown[]) => Duplex
  conn.end = (...args: unknown[]) => {
    if (held) uncork()
    return end(...args)
  }

  const write = conn._write.bind(conn)
  conn._write = (chunk: Buffer | string, encoding, done) => {
    sent(chunk.length)
    write(chunk, encoding, done)
  }
  conn._writev = (pieces: Piece[], done) => conn._write(concat(pieces), BUFFER, done)
}

// what streams call a chunk that is no string; the types do not know the name
const BUFFER = 'buffer' as BufferEncoding

/** One buffer of many pieces, without a buffer for each string in between. */
function concat(pieces: readonly Piece[]): Buffer {
  let size = 0
  for (const { chunk, encoding } of pieces) {
    size += typeof chunk === 'string' ? Buffer.byteLength(chunk, encoding) : chunk.length
  }
  const whole = Buffer.allocUnsafe(size)
  let at = 0
  for (const { chunk, encoding } of pieces) {
    if (typeof chunk === 'string') at += whole.write(chunk, at, encoding)
    else {
      whole.set(chunk, at)
      at += chunk.length
    }
  }
  return whole
}
