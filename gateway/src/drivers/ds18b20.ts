/** Maxim DS18B20: a thermometer on the 1-Wire bus, as Linux shows it (dtoverlay=w1-gpio). By the datasheet 19-7487. */
import { readFile } from 'node:fs/promises'
import { HabtwinError, messageOf, points } from '@habtwin/contract'
import { z } from 'zod'
import { defineDriver, type Sample } from './driver.ts'

const options = z.object({
  /** Its folder, for example `/sys/bus/w1/devices/28-0316a2793aff`, or a file in it. */
  path: z.string().min(1),
})

export default defineDriver<z.output<typeof options>>({
  name: 'ds18b20',
  simulated: false,
  about: { maker: 'Analog Devices (Maxim)', model: 'DS18B20', source: 'DS18B20 datasheet 19-7487', settings: '1-Wire' },
  options,
  describe: () => ({ points: { temperature: { unit: points.temperature.unit, range: [-55, 125] } } }),
  async open({ id: where, options: { path }, signal }) {
    const file = /\/(w1_slave|temperature)$/.test(path) ? path : `${path}/w1_slave`
    const read = async (until: AbortSignal): Promise<Sample> => sampleOf(await textOf(file, where, until), file, where)
    await read(signal)
    return { read, async [Symbol.asyncDispose]() {} } // nothing stays open between two readings
  },
})

/** The kernel lets it measure, which takes up to 750 ms (datasheet, table 2), and gives the file then. */
async function textOf(file: string, where: string, signal: AbortSignal): Promise<string> {
  try {
    return await readFile(file, { encoding: 'utf8', signal })
  } catch (cause) {
    signal.throwIfAborted()
    const hint = 'is it plugged in, and dtoverlay=w1-gpio in /boot/firmware/config.txt?'
    throw new HabtwinError('device/unreachable', `${file}: ${messageOf(cause)}; ${hint}`, { where, cause })
  }
}

function sampleOf(text: string, file: string, where: string): Sample {
  const garbled = (message: string) => new HabtwinError('device/garbled', message, { where })
  if (file.endsWith('temperature')) {
    // the kernel gives nothing where the CRC did not agree
    const figure = /^-?\d+$/.exec(text.trim())?.[0]
    if (figure === undefined) throw garbled(`"${text.trim()}" is no figure`)
    return thermometer(Number(figure), true)
  }
  // "50 05 4b 46 7f ff 0c 10 1c : crc=1c YES", and a line that ends in t=85000
  const [, scratchpad, crc] = /^((?:[0-9a-f]{2} ){9}): crc=[0-9a-f]{2} (YES|NO)$/m.exec(text) ?? []
  const figure = /t=(-?\d+)\s*$/.exec(text)?.[1]
  if (scratchpad === undefined || figure === undefined) throw garbled(`${file} does not read as it should`)
  if (crc === 'NO') throw garbled('what came over the wire does not agree with its CRC')
  const bytes = scratchpad.trim().split(' ')
  // a wire that is shorted to ground gives zeros, of which the CRC is 0 as well
  if (bytes.every((byte) => byte === '00')) throw garbled('the wire is shorted: all bits are 0')
  // at power-up its seventh byte is 0c; after a real measurement of 85 °C it is 10
  return thermometer(Number(figure), bytes[6] === '0c')
}

/** @param unmeasured true where 85 °C would be what the chip holds before it has measured (datasheet, Memory) */
function thermometer(millidegrees: number, unmeasured: boolean): Sample {
  if (millidegrees === 85_000 && unmeasured) {
    return { values: { temperature: null }, quality: { temperature: 'bad:power-up' } }
  }
  return { values: { temperature: millidegrees / 1_000 } }
}
