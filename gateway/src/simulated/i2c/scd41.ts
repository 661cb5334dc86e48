// biome-ignore-all lint/complexity/useSimpleNumberKeys: addresses and registers are hexadecimal, as in the datasheets
/** A Sensirion SCD41 (SCD4x datasheet 1.3). */
import type { Air } from '../../drivers/driver.ts'
import { CommandChip } from './commands.ts'

/** @param broken its self-test finds a fault */
export function scd41Chip(air: Air, { broken = false } = {}): CommandChip {
  const set: Record<string, number> = { pressure: 1_013, offset: 1_498, altitude: 0, calibrates: 1 }
  /** ms between measurements; 0 while it is idle. */
  let period = 0
  let since = 0
  let fetched = 0
  /** Monotonic ms at which a single shot is ready. */
  let shot: number | undefined
  const due = (now: number) => {
    if (shot !== undefined) return now >= shot ? 1 : 0
    return period === 0 ? 0 : Math.floor((now - since) / period)
  }
  const start = (ms: number) => ({
    does(_: number[], now: number) {
      if (period !== 0) return false
      ;[period, since, fetched, shot] = [ms, now, 0, undefined]
      return true
    },
  })
  const idle = (does?: (words: number[], now: number) => unknown) => (words: number[], now: number) => {
    if (period !== 0) return false
    return does?.(words, now)
  }
  const setting = (name: string) => ({
    takes: 1,
    does: idle(([value]) => {
      if (value !== undefined) set[name] = value
    }),
    says: () => [set[name] as number],
  })
  return new CommandChip(0x62, {
    0x21b1: start(5_000),
    0x21ac: start(30_000),
    0x3f86: {
      takes: 500,
      does() {
        period = 0
      },
    },
    0x219d: {
      takes: 5_000,
      does: idle((_, now) => {
        ;[shot, fetched] = [now + 5_000, 0]
      }),
    },
    0xe4b8: { takes: 1, says: (now) => [due(now) > fetched ? 0x8006 : 0x8000] },
    0xec05: {
      takes: 1,
      says(now) {
        if (due(now) <= fetched) return undefined
        fetched = due(now)
        const share = air('pressure') / (set.pressure as number)
        return [
          Math.round(air('co2') * share),
          Math.round(((air('temperature') + 45) * 65_535) / 175),
          Math.round((air('humidity') * 65_535) / 100),
        ]
      },
    },
    0xe000: {
      takes: 1,
      does([value]) {
        if (value === undefined) return true
        if (value < 700 || value > 1_200) return false
        set.pressure = value
        return true
      },
      says: () => [set.pressure as number],
    },
    0x241d: setting('offset'),
    0x2318: setting('offset'),
    0x2427: setting('altitude'),
    0x2416: setting('calibrates'),
    0x3682: { takes: 1, does: idle(), says: () => [0xf896, 0x31a7, 0x3bbe] },
    0x3639: { takes: 10_000, does: idle(), says: () => [broken ? 1 : 0] },
  })
}
