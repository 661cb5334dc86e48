/**
 * A 1-Wire bus as Linux shows it: a folder for each sensor (dtoverlay=w1-gpio). The kernel lets one be read at a time,
 * and keeps the thread that reads for as long as the sensor takes: so they take turns here already.
 */
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HabtwinError, messageOf } from '@habtwin/contract'
import { z } from 'zod'
import { type Bus, busAlone, defineDriver, isSimulated } from './driver.ts'
import { unlessAborted } from './i2c/bus.ts'
import { errnoOf } from './i2c/faults.ts'

const options = z.object({
  /** The folder of the sensors, or `simulated`. */
  path: z.string().min(1).default('/sys/bus/w1/devices'),
})

/** Reads the file of a sensor: its folder's name, and the file's. */
export interface W1Bus extends Bus {
  text(sensor: string, file: string, signal: AbortSignal): Promise<string>
}

export default defineDriver<unknown, z.output<typeof options>, W1Bus>(
  busAlone('w1', {
    options,
    async open(context) {
      const { path } = context.options
      if (isSimulated(context.options)) return (await import('../simulated/w1.ts')).simulatedW1(context)
      await access(path).catch((cause: unknown) => {
        const hint = 'the kernel has no 1-Wire: write dtoverlay=w1-gpio into /boot/firmware/config.txt'
        throw new HabtwinError('device/unreachable', `there is no ${path}: ${hint}`, { where: path, cause })
      })
      return new Folder(path)
    },
  }),
)

class Folder implements W1Bus {
  readonly #path: string
  /** The reading that the kernel has not given back yet. */
  #pending: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  async text(sensor: string, name: string, signal: AbortSignal): Promise<string> {
    await unlessAborted(this.#pending, signal)
    const reading = readFile(join(this.#path, sensor, name), 'utf8')
    this.#pending = reading.catch(() => {})
    try {
      return await unlessAborted(reading, signal)
    } catch (cause) {
      signal.throwIfAborted()
      const why = errnoOf(cause) === 'ENOENT' ? 'it is not on the bus: is it plugged in?' : messageOf(cause)
      throw new HabtwinError('device/unreachable', `${sensor}: ${why}`, { where: sensor, cause })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {} // nothing stays open between two readings
}
