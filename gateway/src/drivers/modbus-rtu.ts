/** Modbus RTU: a serial line, and devices on it that are described by their registers. */
import { duration } from '@habtwin/runtime'
import { z } from 'zod'
import type { ModbusBus } from './modbus/bus.ts'
import { clashes } from './modbus/clashes.ts'
import { genericDevice } from './modbus/device.ts'
import { serialOptions } from './serial/port.ts'

const busOptions = z.object({
  ...serialOptions,
  /** Modbus RTU has no other (Modbus over Serial Line V1.02, 2.5.1). */
  dataBits: z.literal(8).default(8),
  /** What the slowest unit needs after its answer, beyond the silence of 3.5 characters. */
  turnaround: duration('5 ms').optional(),
})

export default genericDevice<z.output<typeof busOptions>, ModbusBus>('modbus-rtu', {
  options: busOptions,
  clashes,
  hint: async ({ path }) => (await import('./serial/adapter.ts')).hintFor(path),
  async open(context) {
    const { openRtuBus } = await import('./modbus/open.ts')
    return openRtuBus(context)
  },
})
