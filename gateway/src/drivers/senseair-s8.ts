/** SenseAir S8: CO2 in ppm by infrared, over its Modbus pins. */
import { modbusDevice } from './modbus/device.ts'

export default modbusDevice({
  name: 'senseair-s8',
  maker: 'SenseAir',
  model: 'S8 (004-0-0053, LP 004-0-0013)',
  source: 'Modbus on SenseAir S8, TDE2067: input registers IR1 (meter status) and IR4 (space CO2)',
  // any S8 answers to 0xFE, so there can be only one on a line, unless each is given a number
  unit: 0xfe,
  line: { baud: 9_600 },
  // its own example asks for IR1 to IR4 at once
  limits: { gap: 2, block: 8 },
  registers: { co2: { function: 'input', address: 0x0003, type: 'i16', unit: 'ppm' } },
  status: [
    {
      register: { function: 'input', address: 0x0000 },
      of: ['co2'],
      // DI1 to DI7, the lowest bit first
      says: [
        [0x01, 'bad:fatal-error'],
        [0x10, 'bad:self-test'],
        [0x40, 'bad:memory-error'],
        [0x20, 'uncertain:out-of-range'],
        [0x0e, 'uncertain:device-error'],
      ],
    },
  ],
})
