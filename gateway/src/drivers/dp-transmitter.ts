/**
 * A transmitter of differential pressure. Without keys it is read as a Delta OHM HD402ST1 or ST2; with them, as any
 * other that has one register for the pressure.
 */
import { z } from 'zod'
import { modbusDevice } from './modbus/device.ts'
import { register } from './modbus/registers.ts'

const { type, order } = register.shape

export default modbusDevice({
  name: 'dp-transmitter',
  maker: 'Delta OHM, or any',
  model: 'HD402ST1, HD402ST2, or any with one register for the pressure',
  // the manual heads the column "Address"; whether it counts from 0 could not be confirmed at an instrument
  source: 'HD402… operating manual V1.1, table 6.1 (input registers; 0x8000 where a model has no such value)',
  unit: 1,
  line: { baud: 19_200, parity: 'even' },
  options: {
    function: z.enum(['holding', 'input']).default('input'),
    /** 4 is the pressure in whole Pa, 3 that in tenths (ST1 alone). */
    address: z.int().min(0).max(65_535).default(4),
    type: type.default('i16'),
    order,
    /** What one digit is, in `counts`. */
    digit: z.number().positive().default(1),
    /** What it counts in: a unit of pressure. */
    counts: z.string().default('Pa'),
  },
  registers: ({ function: kind, address, type, order, digit, counts }) => ({
    'pressure-difference': {
      ...{ function: kind, address, type, order, scale: digit, unit: counts },
      ...(type === 'i16' ? { none: [-32_768] } : {}),
    },
  }),
})
