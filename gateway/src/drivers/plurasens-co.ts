/** Evikon PluraSens E2638-CO: carbon monoxide by an electrochemical cell. */
import { modbusDevice } from './modbus/device.ts'

export default modbusDevice({
  name: 'plurasens-co',
  maker: 'Evikon',
  model: 'PluraSens E2638-CO',
  source:
    'E2638-CO User Manual, Modbus holding registers (0x00FF sensor status, 0x0103 gas concentration, 1 ppm a digit)',
  unit: 1,
  line: { baud: 9_600 },
  registers: { co: { address: 0x0103, unit: 'ppm' } },
  // bit 0: 0 the cell is there, 1 it is not
  status: [{ register: { address: 0x00ff }, of: ['co'], says: [[1, 'bad:no-sensor']] }],
})
