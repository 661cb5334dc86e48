/** `habtwin probe i2c`: which chips answer at which addresses. It sets nothing, and resets nothing. */
import { I2cBus } from '@habtwin/gateway/drivers/i2c/bus'
import { openHardware } from '@habtwin/gateway/drivers/i2c/hardware'
import { scan } from '@habtwin/gateway/drivers/i2c/scan'
import { systemClock } from '@habtwin/runtime'
import { Machine, told } from '../doctor/machine.ts'
import { chipEntries, chipTable } from '../probe/i2c.ts'
import { untilStopped } from '../stop.ts'

export interface ProbeI2cOptions {
  readonly bus: string
  /** Address of a multiplexer to look behind. */
  readonly mux?: number
  readonly json?: boolean
}

/** As a shell says of a process that Ctrl-C has ended. */
const STOPPED = 130
/** Of a TCA9548A. */
const CHANNELS = 8

export async function probeI2c({ bus: path, mux, json = false }: ProbeI2cOptions): Promise<number> {
  const stop = untilStopped()
  const machine = new Machine()
  const others = machine.holders(machine.follow(path)).filter(({ pid }) => pid !== process.pid)
  if (others.length > 0) {
    process.stderr.write(`${path} is held by ${told(others)}, whose readings may be disturbed meanwhile\n`)
  }
  const channels =
    mux === undefined ? [] : Array.from({ length: CHANNELS }, (_, channel) => ({ address: mux, channel }))
  await using bus = new I2cBus(path, systemClock, mux === undefined ? [] : [mux], () => openHardware(path))
  await bus.connect()
  try {
    const found = await scan(bus, stop, channels)
    const yaml = chipEntries(path, found)
    const text = found.length === 0 ? `nobody answers on ${path}: check power and wiring` : chipTable(found)
    process.stdout.write(
      json ? `${JSON.stringify({ found, yaml })}\n` : `${text}\n${yaml === undefined ? '' : `\n${yaml}\n`}`,
    )
    return 0
  } catch (error) {
    if (stop.aborted) return STOPPED
    throw error
  }
}
