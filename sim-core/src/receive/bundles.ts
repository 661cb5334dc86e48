/** Many messages that came as one, taken apart. */
import { zstdDecompressSync } from 'node:zlib'
import { topic } from '@habtwin/contract'
import { type Bundled, unpack } from '@habtwin/contract/bundle'

export function isBundle(path: string, bridge: string): boolean {
  return path === topic.bundle(bridge)
}

/**
 * What a bundle holds.
 * @throws HabtwinError link/bundle
 */
export function messagesOf(bundle: Uint8Array): Bundled[] {
  return unpack(bundle, (body, most) => zstdDecompressSync(body, { maxOutputLength: most }))
}
