/**
 * Many messages as one, for a link on which each packet costs: `hab/{habitat}/bundle/{bridge}`.
 *
 *   byte 0: version, 1 · byte 1: encoding, 0 plain or 1 Zstandard (RFC 8878) · rest: lines of JSON
 *   a line: ["topic below hab/{habitat}/", retain 0 or 1, "payload"]
 *
 * How to compress is given by the caller: this file also runs in a browser.
 */
import { z } from 'zod'
import { HabtwinError, messageOf } from './errors.ts'

/** A message of a bundle. */
export interface Bundled {
  /** Below `hab/{habitat}/`. */
  readonly topic: string
  readonly retain: boolean
  readonly payload: string
}

const VERSION = 1
const PLAIN = 0
const ZSTANDARD = 1

/** What a bundle may come to when it is taken apart. */
export const BUNDLE_LIMITS = { bytes: 4_194_304, messages: 20_000 } as const

const line = z.tuple([z.string().min(1).max(512), z.union([z.literal(0), z.literal(1)]), z.string()])

/**
 * The bytes of a bundle. Compressed where that makes it smaller.
 * @param compress Zstandard; left out, it stays plain
 */
export function pack(messages: readonly Bundled[], compress?: (plain: Uint8Array) => Uint8Array): Uint8Array {
  const lines = messages.map(({ topic, retain, payload }) => JSON.stringify([topic, retain ? 1 : 0, payload]))
  const plain = new TextEncoder().encode(lines.join('\n'))
  const small = compress?.(plain)
  const body = small !== undefined && small.length < plain.length ? small : plain
  const out = new Uint8Array(body.length + 2)
  out[0] = VERSION
  out[1] = body === plain ? PLAIN : ZSTANDARD
  out.set(body, 2)
  return out
}

/**
 * The messages of a bundle.
 * @param decompress Zstandard; must itself give up beyond `most` bytes, since a few bytes may claim to be very many
 * @throws HabtwinError link/bundle
 */
export function unpack(
  bundle: Uint8Array,
  decompress: (body: Uint8Array, most: number) => Uint8Array,
  limits: { readonly bytes: number; readonly messages: number } = BUNDLE_LIMITS,
): Bundled[] {
  const refuse = (why: string, cause?: unknown) => new HabtwinError('link/bundle', why, { cause })
  if (bundle[0] !== VERSION) throw refuse(`version ${bundle[0]} of a bundle is not known`)
  if (bundle[1] !== PLAIN && bundle[1] !== ZSTANDARD) throw refuse(`encoding ${bundle[1]} of a bundle is not known`)
  try {
    const body = bundle.subarray(2)
    const plain = bundle[1] === PLAIN ? body : decompress(body, limits.bytes)
    if (plain.length > limits.bytes) throw new RangeError(`more than ${limits.bytes} bytes`)
    const text = new TextDecoder('utf-8', { fatal: true }).decode(plain)
    if (text === '') return []
    const lines = text.split('\n', limits.messages + 1)
    if (lines.length > limits.messages) throw new RangeError(`more than ${limits.messages} messages`)
    return lines.map((one) => {
      const [topic, retain, payload] = line.parse(JSON.parse(one))
      return { topic, retain: retain === 1, payload }
    })
  } catch (error) {
    throw refuse(`a bundle cannot be taken apart: ${messageOf(error)}`, error)
  }
}
