/** Zstandard (RFC 8878) for bundles: quick, and never more than was asked for. */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

export function compress(plain: Uint8Array): Uint8Array {
  return zstdCompressSync(plain, { params: { [constants.ZSTD_c_compressionLevel]: 6 } })
}

/** @throws RangeError beyond `most` bytes; Error where it is no Zstandard */
export function decompress(body: Uint8Array, most: number): Uint8Array {
  return zstdDecompressSync(body, { maxOutputLength: most })
}
