/** What is written after the options of `probe`, read. */
import { InvalidArgumentError } from 'commander'

/** `1-20`, `3`, `1,5,7-9`: each once, in order. */
export function numbers(least: number, most: number) {
  return (text: string): number[] => {
    const found = new Set<number>()
    for (const part of text.split(',')) {
      const [, from, to = from] = /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(part) ?? []
      const [low, high] = [Number(from), Number(to)]
      if (from === undefined || low < least || high > most || low > high) {
        throw new InvalidArgumentError(`It is numbers from ${least} to ${most}, as in 1-20 or 3,7.`)
      }
      for (let i = low; i <= high; i++) found.add(i)
    }
    return [...found].sort((a, b) => a - b)
  }
}

/** Registers in one probe at most. */
const MOST = 1_000

/** `0-40`, or `17`. */
export function registerRange(text: string): [from: number, to: number] {
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? []
  const [low, high] = [Number(from), Number(to)]
  if (from === undefined || high > 65_535 || low > high || high - low >= MOST) {
    throw new InvalidArgumentError(`It is registers from 0 to 65535, ${MOST} at most, as in 0-40.`)
  }
  return [low, high]
}

/** ms of `5 s`, `5s`, `200 ms`, or of `5`, which is seconds. */
export function time(text: string): number {
  const [, figure, unit = 's'] = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|min)?\s*$/.exec(text) ?? []
  const ms = Number(figure) * ({ ms: 1, s: 1_000, min: 60_000 }[unit] ?? Number.NaN)
  if (!(ms > 0 && ms <= 3_600_000)) throw new InvalidArgumentError('It is a time, as in 5s or 200ms.')
  return ms
}

/** An address, as `0x70` or `112`. */
export function address(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 8 || value > 0x77) {
    throw new InvalidArgumentError('It is an address from 0x08 to 0x77.')
  }
  return value
}
