/** A 1-Wire bus in this process: the files that the kernel would show, in the words of the kernel. */
import { HabtwinError } from '@habtwin/contract'
import type { Air, BusContext } from '../drivers/driver.ts'
import type { W1Bus } from '../drivers/w1.ts'
import { simulatedAir } from './air.ts'

/** @returns what `w1_slave` of a DS18B20 holds in this air */
export function ds18b20File(air: Air): () => string {
  return () => {
    const raw = Math.round(air('temperature') * 16)
    // scratchpad: figure, alarms, twelve bits, and what is reserved; 0x10 less the last four bits (datasheet, Memory)
    const bytes = [raw & 0xff, (raw >> 8) & 0xff, 0x4b, 0x46, 0x7f, 0xff, 0x10 - (raw & 0x0f), 0x10]
    const crc = hex(maximCrc(bytes))
    const all = [...bytes.map(hex), crc].join(' ')
    return `${all} : crc=${crc} YES\n${all} t=${Math.round((raw * 1_000) / 16)}\n`
  }
}

/** A sensor is there for each device of the bus. */
export function simulatedW1({ clock, passengers }: Pick<BusContext, 'clock' | 'passengers'>): W1Bus {
  const files = new Map(
    passengers.map(({ driver, options }, seed) => {
      const { sensor } = options as { sensor: string }
      return [sensor, driver.standIn?.(options, simulatedAir(clock, seed)) as () => string]
    }),
  )
  return {
    async text(sensor, _, signal) {
      signal.throwIfAborted()
      const file = files.get(sensor)
      if (file === undefined) throw new HabtwinError('device/unreachable', `${sensor} is not on the bus`)
      return file()
    },
    async [Symbol.asyncDispose]() {},
  }
}

/** CRC-8 of Maxim: polynomial 0x31 reflected (application note 27). */
export function maximCrc(bytes: readonly number[]): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >> 1 : (crc >> 1) ^ 0x8c
  }
  return crc
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
