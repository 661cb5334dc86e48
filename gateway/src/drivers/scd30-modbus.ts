/** Sensirion SCD30 over Modbus (its SEL pin at VDD): CO2, temperature and humidity. */
import { modbusDevice } from './modbus/device.ts'
import { followPressure } from './modbus/pressure.ts'

/** Writing the pressure in hPa here, or 0 for none, begins to measure (section 1.4.1). */
const MEASURE = 0x0036

export default modbusDevice({
  name: 'scd30-modbus',
  maker: 'Sensirion',
  model: 'SCD30',
  source: 'Interface Description Sensirion SCD30, version 1.0 (May 2020), sections 1.2 and 1.4',
  unit: 0x61,
  line: { baud: 19_200 },
  registers: {
    co2: { address: 0x0028, type: 'f32', unit: 'ppm' },
    temperature: { address: 0x002a, type: 'f32', unit: 'Cel' },
    humidity: { address: 0x002c, type: 'f32', unit: '%' },
  },
  // it goes on measuring after a power cut, but one that was told to stop has to be told again
  before: followPressure({ address: MEASURE, as: { type: 'u16', order: 'ABCD' }, range: [700, 1_400], otherwise: 0 }),
})
