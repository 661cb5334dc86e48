/** A serial line: what instruments that send frames or text ride on. */
import { z } from 'zod'
import { busAlone, defineDriver } from './driver.ts'
import type { SerialBus } from './serial/bus.ts'
import { serialOptions } from './serial/port.ts'

const options = z.object(serialOptions)

export default defineDriver<unknown, z.output<typeof options>, SerialBus>(
  busAlone('serial', {
    options,
    hint: async ({ path }) => (await import('./serial/adapter.ts')).hintFor(path),
    async open(context) {
      const [{ SerialBus }, { openPort }] = await Promise.all([import('./serial/bus.ts'), import('./serial/port.ts')])
      const { id: where, options } = context
      const simulated =
        options.path === 'simulated'
          ? (await import('../simulated/stand-ins.ts')).standInLine(context, options)
          : undefined
      const memory = {}
      return new SerialBus(options, (signal) =>
        openPort(options, { where, signal, memory, simulated: simulated && (() => simulated.open()) }),
      )
    },
  }),
)
