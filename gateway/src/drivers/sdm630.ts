/** Eastron SDM630-Modbus: energy meter for three phases. */
import { modbusDevice } from './modbus/device.ts'

const at = (address: number, unit: string) => ({ function: 'input', address, type: 'f32', unit }) as const

/** The three phases follow each other, two words each. */
function phases(point: string, label: string, address: number, unit: string) {
  return Object.fromEntries(
    [0, 1, 2].map(
      (i) => [`${point}-l${i + 1}`, { ...at(address + 2 * i, unit), label: `${label} L${i + 1}` }] as const,
    ),
  )
}

export default modbusDevice({
  name: 'sdm630',
  maker: 'Eastron',
  model: 'SDM630-Modbus',
  source: 'SDM630-Modbus Smart Meter Modbus Protocol Implementation, section 1.2 (input registers, two words a float)',
  unit: 1,
  line: { baud: 9_600 },
  // 40 parameters in one request at most (section 1.2)
  limits: { gap: 6, block: 80 },
  registers: {
    ...phases('voltage', 'Voltage', 0x0000, 'V'),
    ...phases('current', 'Current', 0x0006, 'A'),
    ...phases('power', 'Power', 0x000c, 'W'),
    voltage: { ...at(0x002a, 'V'), label: 'Voltage, mean of the phases' },
    current: { ...at(0x0030, 'A'), label: 'Current, sum of the phases' },
    power: at(0x0034, 'W'),
    'apparent-power': at(0x0038, 'V.A'),
    'reactive-power': at(0x003c, 'var'),
    'power-factor': at(0x003e, '1'),
    frequency: at(0x0046, 'Hz'),
    'energy-import': { ...at(0x0048, 'kW.h'), label: 'Energy taken' },
    'energy-export': { ...at(0x004a, 'kW.h'), label: 'Energy given' },
    energy: at(0x0156, 'kW.h'),
  },
})
