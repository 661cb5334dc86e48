// biome-ignore-all lint/complexity/useSimpleNumberKeys: addresses and registers are hexadecimal, as in the datasheets
/** A Sensirion SCD30 (Interface Description 1.0). */
import type { Air } from '../../drivers/driver.ts'
import { CommandChip } from './commands.ts'

/** A figure as the SCD30 sends it: IEEE 754, high word first. */
function float(value: number): [high: number, low: number] {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatBE(value)
  return [bytes.readUInt16BE(0), bytes.readUInt16BE(2)]
}

export function scd30Chip(air: Air): CommandChip {
  const set = { pressure: 0, interval: 2, calibrates: 1, offset: 0, altitude: 0 }
  let running = false
  let since = 0
  /** The number of the measurement that was fetched last. */
  let fetched = 0
  const due = (now: number) => (running ? Math.floor((now - since) / (set.interval * 1_000)) : 0)
  const setting = (name: keyof typeof set, low: number, high: number) => ({
    takes: 3,
    does([value]: number[]) {
      if (value === undefined) return true
      if (value < low || value > high) return false
      set[name] = value
      return true
    },
    says: () => [set[name]],
  })
  return new CommandChip(0x61, {
    0x0010: {
      takes: 3,
      does([pressure = 0], now) {
        if (pressure !== 0 && (pressure < 700 || pressure > 1_400)) return false
        set.pressure = pressure
        if (!running) [since, fetched] = [now, 0]
        running = true
        return true
      },
    },
    0x0104: {
      takes: 3,
      does() {
        running = false
      },
    },
    0x4600: setting('interval', 2, 1_800),
    0x5306: setting('calibrates', 0, 1),
    0x5403: setting('offset', 0, 65_535),
    0x5102: setting('altitude', 0, 65_535),
    0xd100: { takes: 3, says: () => [0x0342] },
    0x0202: { takes: 3, says: (now) => [due(now) > fetched ? 1 : 0] },
    0x0300: {
      takes: 3,
      says(now) {
        fetched = due(now)
        // it counts molecules: where it is told no pressure it takes that of the sea
        const share = set.pressure === 0 ? air('pressure') / 1_013.25 : air('pressure') / set.pressure
        return [air('co2') * share, air('temperature'), air('humidity')].flatMap(float)
      },
    },
  })
}
