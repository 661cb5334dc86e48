/** Opens the Modbus buses, with the library behind them, and with stand-ins where they are simulated. */
import modbus from 'modbus-serial'
import { simulatedAir } from '../../simulated/air.ts'
import { SerialLine } from '../../simulated/line.ts'
import type { SimulatedUnit } from '../../simulated/modbus.ts'
import { RtuPeers } from '../../simulated/modbus-rtu.ts'
import { ModbusServer } from '../../simulated/modbus-tcp.ts'
import { type BusContext, isSimulated } from '../driver.ts'
import { bitsPerByte, openPort, type SerialSettings } from '../serial/port.ts'
import { type Medium, ModbusBus } from './bus.ts'
import { rtuMedium } from './rtu.ts'
import { tcpMedium } from './tcp.ts'

export async function openTcpBus(context: BusContext<{ host: string; port: number }>): Promise<ModbusBus> {
  const { host, port } = context.options
  if (!isSimulated({ ...context.options })) return busOn(tcpMedium(host, port))
  const server = await ModbusServer.start(standIns(context), context.clock)
  return busOn({ ...tcpMedium('127.0.0.1', server.port), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() })
}

export function openRtuBus(context: BusContext<SerialSettings & { turnaround?: number | undefined }>): ModbusBus {
  const { id: where, options: settings, clock } = context
  const simulated = isSimulated({ ...settings }) ? simulatedLine(context, settings) : undefined
  const memory = {}
  const medium = rtuMedium({
    settings,
    turnaround: settings.turnaround ?? 0,
    clock,
    openPort: (signal) =>
      openPort(settings, { where, signal, memory, simulated: simulated && (() => simulated.open()) }),
  })
  return busOn(medium)
}

function busOn(medium: Medium): ModbusBus {
  return new ModbusBus(medium, () => new modbus.default())
}

function simulatedLine(context: BusContext<unknown>, settings: SerialSettings): SerialLine {
  const { clock } = context
  const peers = [new RtuPeers(standIns(context), clock)]
  return new SerialLine({ clock, baud: settings.baud, bits: bitsPerByte(settings), peers })
}

/** What the drivers of the devices on the bus send in their place. */
function standIns({ clock, passengers }: Pick<BusContext, 'clock' | 'passengers'>): SimulatedUnit[] {
  return passengers.flatMap(({ driver, options }, i) => {
    const unit = driver.standIn?.(options, simulatedAir(clock, i)) as SimulatedUnit | undefined
    return unit === undefined ? [] : [unit]
  })
}
