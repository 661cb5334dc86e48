/** Bytes for a broker that no client in its senses would send. */

/** Numbers from 0 to below 1, the same again for the same seed (Marsaglia, J. Stat. Softw. 8(14), 2003). */
export function xorshift(seed: number): () => number {
  let state = seed | 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

const text = (value: string) => [value.length >> 8, value.length & 255, ...Buffer.from(value)]
const packet = (first: number, ...body: number[]) => [first, ...length(body.length), ...body]
const length = (size: number) => (size < 128 ? [size] : [(size & 127) | 128, size >> 7])

const hello = (random: () => number) =>
  packet(0x10, ...text('MQTT'), 4, random() < 0.5 ? 2 : 0, 0, 60, ...text(`fuzz-${Math.floor(random() * 20)}`))

/** One of each that a client may send, well formed. */
const samples: readonly ((random: () => number) => number[])[] = [
  hello,
  () => packet(0x30, ...text('a/b'), 1, 2, 3),
  () => packet(0x32, ...text('a/b'), 0, 7, 1, 2, 3),
  () => packet(0x34, ...text('a/b'), 0, 8, 1, 2, 3),
  () => packet(0x31, ...text('kept'), 9),
  () => packet(0x40, 0, 7),
  () => packet(0x50, 0, 8),
  () => packet(0x62, 0, 8),
  () => packet(0x70, 0, 8),
  () => packet(0x82, 0, 9, ...text('a/+'), 1),
  () => packet(0x82, 0, 9, ...text('#'), 2, ...text('a/#'), 0),
  () => packet(0xa2, 0, 10, ...text('a/+')),
  () => packet(0xc0),
  () => packet(0xe0),
  () => packet(0x30, ...text('a/'.repeat(60))),
]

/** A few packets in one, mostly behind a CONNECT: random bytes, or a good packet with some bytes changed, cut or doubled. */
export function packets(random: () => number, most: number): Buffer {
  const bytes: number[] = random() < 0.8 ? hello(random) : []
  const count = 1 + Math.floor(random() * most)
  for (let i = 0; i < count; i++) {
    if (random() < 0.2) {
      for (let n = Math.floor(random() * 60); n > 0; n--) bytes.push(Math.floor(random() * 256))
      continue
    }
    const one = (samples[Math.floor(random() * samples.length)] as (typeof samples)[number])(random)
    const at = Math.floor(random() * one.length)
    const how = random()
    if (how < 0.3) one[at] = Math.floor(random() * 256)
    else if (how < 0.4) one.length = at
    else if (how < 0.5) one.splice(at, 0, ...one.slice(0, at))
    bytes.push(...one)
  }
  return Buffer.from(bytes)
}
