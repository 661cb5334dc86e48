/** A module of relays, one coil each: pumps, fans, valves and lamps that can be switched. */
import { id } from '@habtwin/contract'
import { z } from 'zod'
import { modbusDevice } from './modbus/device.ts'

export default modbusDevice({
  name: 'relay-module',
  maker: 'Waveshare, or any',
  model: 'Modbus RTU Relay, or any with one coil a relay',
  source: 'Waveshare wiki, Modbus RTU Relay (coils from 0x0000, function 01 and 05); Modbus 1.1b3, 6.1 and 6.5',
  unit: 1,
  line: { baud: 9_600 },
  options: {
    /** Point → relay, 1 the first; `state` for the one by which the twin knows whether a machine runs. */
    relays: z.record(id, z.int().min(1).max(256)).default({ state: 1 }),
    /** Coil of the first relay. */
    address: z.int().min(0).max(65_000).default(0),
  },
  registers: ({ relays, address }) =>
    Object.fromEntries(
      Object.entries(relays).map(([point, relay]) => [
        point,
        {
          function: 'coil',
          address: address + relay - 1,
          range: [0, 1],
          writable: [0, 1],
          label: `Relay ${relay}`,
        } as const,
      ]),
    ),
})
