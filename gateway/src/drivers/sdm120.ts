/** Eastron SDM120-Modbus: energy meter for one phase. */
import { modbusDevice } from './modbus/device.ts'

const at = (address: number, unit: string) => ({ function: 'input', address, type: 'f32', unit }) as const

export default modbusDevice({
  name: 'sdm120',
  maker: 'Eastron',
  model: 'SDM120-Modbus',
  source: 'SDM120-Modbus Smart Meter Modbus Protocol Implementation, section 1.2 (input registers, two words a float)',
  unit: 1,
  line: { baud: 2_400 },
  // 40 parameters in one request at most (section 1.2); zeros come for what lies between them
  limits: { gap: 4, block: 80 },
  registers: {
    voltage: at(0x0000, 'V'),
    current: at(0x0006, 'A'),
    power: at(0x000c, 'W'),
    'apparent-power': at(0x0012, 'V.A'),
    'reactive-power': at(0x0018, 'var'),
    'power-factor': at(0x001e, '1'),
    frequency: at(0x0046, 'Hz'),
    'energy-import': { ...at(0x0048, 'kW.h'), label: 'Energy taken' },
    'energy-export': { ...at(0x004a, 'kW.h'), label: 'Energy given' },
    energy: at(0x0156, 'kW.h'),
  },
})
