/** Modbus TCP: a bus, and devices on it that are described by their registers. */
import { z } from 'zod'
import type { ModbusBus } from './modbus/bus.ts'
import { clashes } from './modbus/clashes.ts'
import { genericDevice } from './modbus/device.ts'

const busOptions = z.object({
  /** Name or address; `simulated` for stand-ins of the devices. */
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).default(502),
})

export default genericDevice<z.output<typeof busOptions>, ModbusBus>('modbus-tcp', {
  options: busOptions,
  clashes,
  async open(context) {
    const { openTcpBus } = await import('./modbus/open.ts')
    return openTcpBus(context)
  },
})
