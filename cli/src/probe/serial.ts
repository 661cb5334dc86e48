/** Listens at a serial port, at one rate after the other, until something is recognised. It sends nothing unasked. */
import { isHabtwinError } from '@habtwin/contract'
import { openPort, type SerialPort } from '@habtwin/gateway/drivers/serial/port'
import { READ, winsen } from '@habtwin/gateway/drivers/serial/winsen'
import type { Clock } from '@habtwin/runtime'
import { Listener, type Talker } from './listener.ts'

/** Rates that instruments and boards come with, the most usual first. */
export const RATES = [9_600, 115_200, 19_200, 38_400, 57_600, 4_800, 2_400] as const

export interface Heard {
  readonly path: string
  /** Rate at which it was recognised, or the last that was tried. */
  readonly baud?: number
  /** Bytes at any rate. */
  readonly bytes: number
  readonly talker?: Talker
  /** Why nobody could listen. */
  readonly fault?: string
}

export interface Listening {
  readonly rates: readonly number[]
  /** ms at each rate. */
  readonly time: number
  /** Asks an MH-Z19 for its reading, at 9,600 baud. */
  readonly ask: boolean
  readonly clock: Clock
}

export async function listenAt(
  path: string,
  { rates, time, ask, clock }: Listening,
  tell: (what: string) => void,
  signal: AbortSignal,
): Promise<Heard> {
  let bytes = 0
  for (const baud of rates) {
    tell(`${path} at ${baud} baud`)
    const listener = new Listener()
    let port: SerialPort
    try {
      port = await openPort({ path, baud, parity: 'none', dataBits: 8, stopBits: 1 }, { where: path, signal })
    } catch (error) {
      if (!isHabtwinError(error)) throw error
      return { path, bytes, fault: error.message }
    }
    const asked = ask && baud === 9_600
    try {
      const talker = await hear(port, listener, { time, asked, clock }, signal)
      bytes += listener.bytes
      if (talker !== undefined) return { path, baud, bytes, talker }
    } finally {
      await port.close()
    }
  }
  return { path, bytes }
}

/** Resolves as soon as something is recognised. */
async function hear(
  port: SerialPort,
  listener: Listener,
  { time, asked, clock }: { time: number; asked: boolean; clock: Clock },
  signal: AbortSignal,
): Promise<Talker | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = clock.after(time, resolve)
  const stop = () => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  port.onData = (bytes) => {
    listener.push(bytes)
    if (listener.heard() !== undefined) resolve()
  }
  port.onClose = () => resolve()
  if (asked) {
    const request = winsen(0xff, 1, READ)
    for (let i = 0; i < 2; i++) {
      await port.write(request)
      if (i === 0) await Promise.race([promise, clock.sleep(500, signal)])
    }
  }
  await promise.finally(() => {
    timer.cancel()
    signal.removeEventListener('abort', stop)
  })
  const talker = listener.heard()
  return asked && talker?.driver === 'mhz19'
    ? { ...talker, what: 'MH-Z19 or MH-Z16, which was asked', keys: '' }
    : talker
}
