/** Maxim DS18B20: a thermometer on a 1-Wire bus. By the datasheet 19-7487, Memory and table 2. */
import { HabtwinError, points } from '@habtwin/contract'
import { z } from 'zod'
import { ds18b20File } from '../simulated/w1.ts'
import { defineDriver, type Sample } from './driver.ts'
import type { W1Bus } from './w1.ts'

const options = z.object({
  /** Its number, which is the name of its folder: `28-0316a2793aff`. */
  sensor: z
    .string()
    .regex(/^28-[0-9a-f]{12}$/, 'is no DS18B20; look into /sys/bus/w1/devices for one that begins with 28-'),
})

/** ms that it takes to measure, with its twelve bits (table 2), and to be asked and read. */
const CONVERSION = 800

export default defineDriver<z.output<typeof options>, unknown, W1Bus>({
  name: 'ds18b20',
  simulated: false,
  about: { maker: 'Analog Devices (Maxim)', model: 'DS18B20', source: 'DS18B20 datasheet 19-7487', settings: '1-Wire' },
  options,
  rides: ['w1'],
  describe: () => ({ points: { temperature: { unit: points.temperature.unit, range: [-55, 125] } } }),
  airtime: () => CONVERSION,
  standIn: (_, air) => ds18b20File(air),
  // it is not read here: that would take as long as a reading
  async open({ id: where, bus, options: { sensor } }) {
    return {
      read: async (signal) => sampleOf(await bus.text(sensor, 'w1_slave', signal), where),
      async [Symbol.asyncDispose]() {}, // nothing stays open between two readings
    }
  },
})

/** What the kernel shows: "50 05 4b 46 7f ff 0c 10 1c : crc=1c YES", and a line that ends in t=85000. */
function sampleOf(text: string, where: string): Sample {
  const garbled = (message: string) => new HabtwinError('device/garbled', message, { where })
  const [, scratchpad, crc] = /^((?:[0-9a-f]{2} ){9}): crc=[0-9a-f]{2} (YES|NO)$/m.exec(text) ?? []
  const figure = /t=(-?\d+)\s*$/.exec(text)?.[1]
  if (scratchpad === undefined || figure === undefined) throw garbled(`${JSON.stringify(text)} is no w1_slave`)
  if (crc === 'NO') throw garbled('what came over the wire does not agree with its CRC')
  const bytes = scratchpad.trim().split(' ')
  // a wire that is shorted to ground gives zeros, of which the CRC is 0 as well
  if (bytes.every((byte) => byte === '00')) throw garbled('the wire is shorted: all bits are 0')
  // 85 °C is what it holds at power-up, before it has measured; its seventh byte is 0c then, and 10 at a real 85 °C
  if (figure === '85000' && bytes[6] === '0c') {
    return { values: { temperature: null }, quality: { temperature: 'bad:power-up' } }
  }
  return { values: { temperature: Number(figure) / 1_000 } }
}
