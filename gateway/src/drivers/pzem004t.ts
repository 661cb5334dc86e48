/** Peacefair PZEM-004T, version 3: energy meter for one phase on a serial line of 5 V. */
import { modbusDevice } from './modbus/device.ts'

/** Two words, the low one first. */
const pair = { function: 'input', type: 'u32', order: 'CDAB' } as const

export default modbusDevice({
  name: 'pzem004t',
  maker: 'Peacefair',
  model: 'PZEM-004T V3.0',
  source: 'PZEM-004T V3.0 Datasheet-User Manual, section 2.3 (measurement result, input registers 0x0000 to 0x0009)',
  unit: 1,
  line: { baud: 9_600 },
  registers: {
    voltage: { function: 'input', address: 0x0000, scale: 0.1, unit: 'V' },
    current: { ...pair, address: 0x0001, scale: 0.001, unit: 'A' },
    power: { ...pair, address: 0x0003, scale: 0.1, unit: 'W' },
    energy: { ...pair, address: 0x0005, unit: 'W.h' },
    frequency: { function: 'input', address: 0x0007, scale: 0.1, unit: 'Hz' },
    'power-factor': { function: 'input', address: 0x0008, scale: 0.01 },
    // 0xFFFF while the power is above the threshold that is set in it, 0 otherwise
    alarm: { function: 'input', address: 0x0009, bit: 0, label: 'Power alarm', range: [0, 1] },
  },
})
