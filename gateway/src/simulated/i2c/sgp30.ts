// biome-ignore-all lint/complexity/useSimpleNumberKeys: addresses and registers are hexadecimal, as in the datasheets
/** A Sensirion SGP30 (datasheet 1.0, May 2020). */
import type { Air } from '../../drivers/driver.ts'
import { CommandChip } from './commands.ts'

/** What it holds, for a test to look at. */
export interface Sgp30 {
  readonly chip: CommandChip
  /** Baselines [CO2eq, TVOC] that were set since power-up. */
  readonly restored: [number, number][]
  /** Absolute humidity it was told last, g/m³ in 8.8 fixed point. */
  readonly humidity: () => number
  /** Moments at which it was asked to measure, monotonic ms. */
  readonly asked: number[]
}

/** @param broken its self-test finds a fault */
export function sgp30Chip(air: Air, { broken = false } = {}): Sgp30 {
  const restored: [number, number][] = []
  const asked: number[] = []
  let begun: number | undefined
  let humidity = 0x0b92
  let baseline: [number, number] = [0x8a12, 0x8c3e]
  const chip = new CommandChip(0x58, {
    0x2003: {
      takes: 10,
      does(_, now) {
        begun = now
      },
    },
    0x2008: {
      takes: 12,
      does: (_, now) => void asked.push(now),
      says(now) {
        // for its first 15 s it gives the values of clean air (6.3)
        if (begun === undefined || now - begun < 15_000) return [400, 0]
        return [Math.round(400 + air('tvoc') * 1.5), Math.round(air('tvoc'))]
      },
    },
    0x2015: { takes: 10, says: () => baseline },
    0x201e: {
      takes: 10,
      does([tvoc = 0, co2 = 0]) {
        baseline = [co2, tvoc]
        restored.push(baseline)
      },
    },
    0x2061: {
      takes: 10,
      does([value = 0]) {
        humidity = value
      },
    },
    0x2032: { takes: 220, says: () => [broken ? 0 : 0xd400] },
    0x202f: { takes: 10, says: () => [0x0022] },
    0x3682: { takes: 1, says: () => [0x0000, 0x0113, 0x9a04] },
    0x2050: { takes: 25, says: () => [13_800, 20_600] },
  })
  return { chip, restored, humidity: () => humidity, asked }
}
