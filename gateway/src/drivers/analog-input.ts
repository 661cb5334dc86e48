/**
 * A module that measures currents of 4 to 20 mA, so that any transmitter with such an output can be read: each channel
 * becomes a point, by what 4 and 20 mA stand for.
 */
import { id } from '@habtwin/contract'
import { z } from 'zod'
import { modbusDevice } from './modbus/device.ts'

const channel = z.strictObject({
  /** 1 is the first channel of the module. */
  channel: z.int().min(1).max(64),
  /** What the point is at 4 and at 20 mA, in `unit`. */
  from: z.number(),
  to: z.number(),
  unit: z.string().optional(),
  label: z.string().optional(),
})

export default modbusDevice({
  name: 'analog-input',
  maker: 'Waveshare, or any',
  model: 'Modbus RTU Analog Input 8CH, or any with one register a channel',
  source: 'Waveshare wiki, Modbus RTU Analog Input 8CH (input registers from 0x0000, microamperes); NAMUR NE 43',
  unit: 1,
  line: { baud: 9_600 },
  options: {
    /** Point → channel and scale. */
    channels: z.record(id, channel),
    function: z.enum(['holding', 'input']).default('input'),
    /** Register of the first channel. */
    address: z.int().min(0).max(65_000).default(0),
    /** mA that one digit stands for. */
    digit: z.number().positive().default(0.001),
  },
  limits: { gap: 16 },
  registers: ({ channels, function: kind, address, digit }) =>
    Object.fromEntries(
      Object.entries(channels).map(([point, { channel, from, to, unit, label }]) => {
        const perMilliamp = (to - from) / 16
        const scale = digit * perMilliamp
        return [
          point,
          {
            ...{ function: kind, address: address + channel - 1, scale, offset: from - 4 * perMilliamp },
            ...(unit === undefined ? {} : { unit }),
            ...(label === undefined ? {} : { label }),
            // below 3.6 mA the wire is broken or the transmitter faulty, above 21 mA as well (NE 43)
            within: [Math.ceil(3.6 / digit), Math.floor(21 / digit)],
          },
        ] as const
      }),
    ),
})
