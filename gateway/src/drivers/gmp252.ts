/** Vaisala GMP252: CO2 in ppm by infrared, for incubators and greenhouses. */
import { modbusDevice } from './modbus/device.ts'
import { followPressure } from './modbus/pressure.ts'

/** Two words, the low one first; a value that there is not is a quiet NaN. */
const float = { function: 'holding', type: 'f32', order: 'CDAB' } as const

export default modbusDevice({
  name: 'gmp252',
  maker: 'Vaisala',
  model: 'GMP252',
  source: 'GMP252 User Guide M211897EN, appendix A (Modbus reference), tables 51 to 54',
  unit: 240,
  line: { baud: 19_200, stopBits: 2 },
  registers: {
    co2: { ...float, address: 0x0000, unit: 'ppm' },
    temperature: { ...float, address: 0x0004, unit: 'Cel' },
  },
  status: [
    // table 54: 2 while it starts, 256 before the first measurement
    {
      register: { address: 0x0801 },
      of: ['co2'],
      says: [
        [256, 'bad:not-ready'],
        [2, 'uncertain:warmup'],
      ],
    },
    {
      register: { address: 0x0800 },
      of: ['co2', 'temperature'],
      says: [
        [1, 'bad:device-error'],
        [2, 'uncertain:device-error'],
      ],
    },
  ],
  // the place for a pressure that is told again and again (table 52): the other is worn out after 30,000 writes
  before: followPressure({ address: 0x0208, as: { type: 'f32', order: 'CDAB' }, range: [700, 1_500] }),
})
