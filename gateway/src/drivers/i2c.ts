/** An I2C bus: `/dev/i2c-1` of a Pi, an adapter on USB, or `simulated`. */
import { z } from 'zod'
import { busAlone, defineDriver, isSimulated } from './driver.ts'
import { I2cBus, type Mux } from './i2c/bus.ts'
import { clashes } from './i2c/clashes.ts'

const options = z.object({
  /** `/dev/i2c-1`, a link to such a file, or `simulated`. */
  path: z.string().min(1).default('/dev/i2c-1'),
})

export default defineDriver<unknown, z.output<typeof options>, I2cBus>(
  busAlone('i2c', {
    options,
    clashes,
    async open(context) {
      const { clock, passengers, options } = context
      const muxes = passengers.flatMap(({ options }) => (options as { mux?: Mux }).mux?.address ?? [])
      const open = isSimulated(options) ? await simulated(context) : hardware(options.path)
      const bus = new I2cBus(options.path, clock, muxes, open)
      await bus.connect()
      return bus
    },
  }),
)

function hardware(path: string) {
  return async () => (await import('./i2c/hardware.ts')).openHardware(path)
}

async function simulated(context: Parameters<typeof import('../simulated/i2c.ts').simulatedLine>[0]) {
  const line = (await import('../simulated/i2c.ts')).simulatedLine(context)
  return async () => line.open()
}
