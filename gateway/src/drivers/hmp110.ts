/** Vaisala HMP110: humidity and temperature. */
import { modbusDevice } from './modbus/device.ts'

/** Two words, the low one first; a value that there is not is a quiet NaN. */
const float = { function: 'holding', type: 'f32', order: 'CDAB' } as const

export default modbusDevice({
  name: 'hmp110',
  maker: 'Vaisala',
  model: 'HMP110',
  source: 'HMP60 and HMP110 Series User Guide, appendix A.4.1 (measurement data registers, read-only)',
  unit: 240,
  line: { baud: 19_200, stopBits: 2 },
  registers: {
    humidity: { ...float, address: 0x0000, unit: '%' },
    temperature: { ...float, address: 0x0002, unit: 'Cel' },
    'dew-point': { ...float, address: 0x0008, unit: 'Cel', label: 'Dew or frost point' },
    'absolute-humidity': { ...float, address: 0x000e, unit: 'g/m3' },
  },
})
