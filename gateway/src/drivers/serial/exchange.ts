/** The two ways to hear an instrument on a serial line: asking it, and listening to what it says by itself. */
import { HabtwinError } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import type { Emit, Sample } from '../driver.ts'
import type { SerialBus } from './bus.ts'

/** Parts of the stream of bytes: frames, or lines. */
export interface Parser<F> {
  push(bytes: Uint8Array): Iterable<F>
  clear(): void
}

export interface Question<F, A> {
  readonly bus: SerialBus
  /** The device, for errors. */
  readonly where: string
  readonly request: Uint8Array
  readonly parser: Parser<F>
  /** What a frame says; undefined where it is no answer to this request. */
  readonly answer: (frame: F) => A | undefined
}

/**
 * One request and its answer; what came before the request does not count.
 * Throws device/timeout (nothing came), device/garbled (something came, and no answer) when the signal aborts, or
 * device/unreachable where the line is not there.
 */
export async function ask<F, A>(
  { bus, where, request, parser, answer }: Question<F, A>,
  signal: AbortSignal,
): Promise<A> {
  await bus.connect(signal)
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<A>()
  let came = 0
  parser.clear()
  const unanswered = () => {
    const message = came === 0 ? 'it did not answer' : `${came} bytes came that are no answer; is the baud rate right?`
    reject(new HabtwinError(came === 0 ? 'device/timeout' : 'device/garbled', message, { where }))
    bus.unanswered()
  }
  using _ = bus.listen({
    lost: reject,
    data(bytes) {
      came += bytes.length
      guarded(reject, () => {
        for (const frame of parser.push(bytes)) {
          const said = answer(frame)
          if (said !== undefined) resolve(said)
        }
      })
    },
  })
  signal.addEventListener('abort', unanswered, { once: true })
  try {
    bus.write(request).catch(reject)
    return await promise
  } finally {
    signal.removeEventListener('abort', unanswered)
  }
}

/** The same for whoever has no time limit of its own. @param most ms */
export async function askFor<F, A>(
  question: Question<F, A>,
  most: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<A> {
  const late = new AbortController()
  const timer = clock.after(most, () => late.abort())
  try {
    return await ask(question, AbortSignal.any([signal, late.signal]))
  } finally {
    timer.cancel()
  }
}

/** A signal that aborts with the given one, and with the reason when the line is lost. */
export function whileThere(bus: SerialBus, signal: AbortSignal): { readonly signal: AbortSignal } & Disposable {
  const gone = new AbortController()
  const listening = bus.listen({ data() {}, lost: (reason) => gone.abort(reason) })
  return { signal: AbortSignal.any([signal, gone.signal]), [Symbol.dispose]: () => listening[Symbol.dispose]() }
}

export interface Following {
  readonly bus: SerialBus
  readonly clock: Clock
  /** The device, for errors. */
  readonly where: string
  /** ms between samples: what comes in between is passed over, so the newest always counts. */
  readonly every: number
  /** ms without a sample after which the instrument counts as gone. */
  readonly silence: number
  /** The samples in these bytes. */
  readonly samples: (bytes: Uint8Array) => Iterable<Sample>
  /** Frames or lines so far that were damaged. */
  readonly spoilt: () => number
  readonly report: (error: HabtwinError) => void
}

/** ms between two reports of damaged frames. */
const AGAIN = 600_000

/**
 * Emits what an instrument says by itself, until the signal aborts. While a sample is being taken, others are passed
 * over: an instrument that talks faster than it is listened to fills no memory.
 * Throws device/timeout or device/garbled after `silence`, or device/unreachable when the line is lost.
 */
export async function follow(following: Following, emit: Emit, signal: AbortSignal): Promise<never> {
  const { bus, clock, where, every, silence, samples, spoilt, report } = following
  await bus.connect(signal)
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  let [due, heard, came, taking] = [Number.NEGATIVE_INFINITY, clock.mono(), 0, false]

  const take = async (sample: Sample) => {
    taking = true
    due = heard > due + every ? heard + every : due + every
    await emit(sample)
    taking = false
  }
  const hear = (sample: Sample) => {
    heard = clock.mono()
    came = 0
    // one that comes every second must not miss every other slot for being a millisecond early
    if (!taking && heard >= due - every / 4) take(sample).catch(reject)
  }
  let [told, toldAt] = [spoilt(), clock.mono() - AGAIN]
  const complain = () => {
    const since = spoilt() - told
    if (since === 0 || clock.mono() - toldAt < AGAIN) return
    told += since
    toldAt = clock.mono()
    report(new HabtwinError('device/garbled', `${since} of what it said could not be read; check the cable`, { where }))
  }
  const watch = () => {
    const left = heard + silence - clock.mono()
    if (left > 0) {
      timer = clock.after(left, watch)
      return
    }
    reject(nothing(came, silence, where))
    if (came === 0) bus.drop('nothing has come for long')
  }
  let timer = clock.after(silence, watch)
  const stop = () => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  using _ = bus.listen({
    lost: reject,
    data(bytes) {
      came += bytes.length
      guarded(reject, () => {
        for (const sample of samples(bytes)) hear(sample)
      })
      complain()
    },
  })
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', stop)
    timer.cancel()
  }
}

/** What is thrown where bytes come in has nobody above it who could catch it. */
function guarded(reject: (error: unknown) => void, act: () => void): void {
  try {
    act()
  } catch (error) {
    reject(error)
  }
}

function nothing(came: number, silence: number, where: string): HabtwinError {
  const since = `in ${Math.round(silence / 100) / 10} s`
  return came === 0
    ? new HabtwinError('device/timeout', `nothing came ${since}`, { where })
    : new HabtwinError('device/garbled', `${came} bytes came ${since} that say nothing; is the baud rate right?`, {
        where,
      })
}
