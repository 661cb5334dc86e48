/**
 * A hydrogen detector with one register for the concentration, of no particular make: its manual says where the
 * register lies and in what it counts.
 */
import { z } from 'zod'
import { modbusDevice } from './modbus/device.ts'
import { register } from './modbus/registers.ts'

const { function: kind, address, type, order, none } = register.shape

/** ppm in what a detector may count in. Hydrogen burns in air from 4.0 % by volume (ISO/IEC 80079-20-1, table B.1). */
const PPM = { ppm: 1, 'vol%': 10_000, 'lel%': 400 } as const

export default modbusDevice({
  name: 'h2-detector',
  maker: 'any',
  model: 'hydrogen detector with one register for the concentration',
  source: 'the manual of the detector; the lower explosive limit is that of ISO/IEC 80079-20-1, table B.1 (4.0 % H2)',
  unit: 1,
  options: {
    function: kind,
    address,
    type,
    order,
    none,
    /** What the detector counts in: ppm, per cent by volume, or per cent of the lower explosive limit. */
    counts: z.enum(['ppm', 'vol%', 'lel%']).default('ppm'),
    /** How much of that one digit is: 0.1 where 235 stands for 23.5. */
    digit: z.number().positive().default(1),
  },
  registers: ({ function: kind, address, type, order, none, counts, digit }) => ({
    h2: { function: kind, address, type, order, none, scale: digit * PPM[counts], unit: 'ppm' },
  }),
})
