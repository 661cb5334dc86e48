/**
 * Chance without a state: the same seed, name and index always give the same number. So the past of the virtual
 * habitat can be told again, in any order, and its snapshot need not hold a generator.
 */

/** Mixes 32 bits so that neighbours have nothing in common (the finaliser of MurmurHash3, public domain). */
function mix(bits: number): number {
  let h = bits | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** Numbers of one name, from 0 up to 1, by index (a day, a minute, a person). */
export function chance(seed: number, name: string): (index?: number) => number {
  let base = mix(seed)
  for (let i = 0; i < name.length; i++) base = mix(Math.imul(base, 31) + name.charCodeAt(i))
  return (index = 0) => {
    const high = Math.floor(index / 0x1_0000_0000)
    return (mix(mix(base ^ Math.imul(high, 0x9e3779b1)) + Math.imul(index | 0, 0x27d4eb2f)) >>> 0) / 0x1_0000_0000
  }
}

/** Numbers of one name from `low` to `high`. */
export function between(seed: number, name: string, low: number, high: number): number {
  return low + chance(seed, name)() * (high - low)
}

/** Normally distributed numbers of one name, mean 0 and deviation 1, by index (Box and Muller 1958). */
export function normal(seed: number, name: string): (index: number) => number {
  const radius = chance(seed, `${name}/radius`)
  const angle = chance(seed, `${name}/angle`)
  return (index) => Math.sqrt(-2 * Math.log(1 - radius(index))) * Math.cos(2 * Math.PI * angle(index))
}
