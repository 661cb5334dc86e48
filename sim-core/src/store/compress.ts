/** zstd with a checksum, where it makes bytes fewer. A frame that was damaged is known by the checksum. */
import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

const PLAIN = 0
const ZSTD = 1

/** Below this a frame's own bytes outweigh what it saves. */
const WORTH_IT = 64
/** What one frame may unfold to, so that garbage cannot exhaust the memory. */
const MAX_UNFOLDED = 256 * 1024 * 1024

const options = { params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 } }

/** One byte for how, then the bytes. */
export function fold(bytes: Uint8Array): Uint8Array {
  if (bytes.length >= WORTH_IT) {
    const folded = zstdCompressSync(bytes, options)
    if (folded.length < bytes.length) return framed(ZSTD, folded)
  }
  const out = framed(PLAIN, bytes, 4)
  new DataView(out.buffer).setUint32(out.length - 4, crc32(bytes), true)
  return out
}

/** The bytes that were given to `fold`. Throws where they are damaged. */
export function unfold(folded: Uint8Array): Uint8Array {
  if (folded[0] === ZSTD) return zstdDecompressSync(folded.subarray(1), { maxOutputLength: MAX_UNFOLDED })
  if (folded[0] !== PLAIN || folded.length < 5) throw new RangeError('neither zstd nor plain bytes')
  const bytes = folded.subarray(1, folded.length - 4)
  const view = new DataView(folded.buffer, folded.byteOffset + folded.length - 4, 4)
  if (view.getUint32(0, true) !== crc32(bytes)) throw new RangeError('the checksum does not fit')
  return bytes
}

function framed(how: number, bytes: Uint8Array, tail = 0): Uint8Array {
  const out = new Uint8Array(bytes.length + 1 + tail)
  out[0] = how
  out.set(bytes, 1)
  return out
}
