/** The far end of a serial bus whose path is `simulated`: what its devices' drivers send to stand in for them. */
import type { BusContext } from '../drivers/driver.ts'
import { bitsPerByte, type SerialSettings } from '../drivers/serial/port.ts'
import { simulatedAir } from './air.ts'
import { SerialLine, type SerialPeer } from './line.ts'

export function standInLine(
  { clock, passengers }: Pick<BusContext, 'clock' | 'passengers'>,
  settings: SerialSettings,
): SerialLine {
  const peers = passengers.flatMap(({ driver, options }, i) => {
    const peer = driver.standIn?.(options, simulatedAir(clock, i)) as SerialPeer | undefined
    return peer === undefined ? [] : [peer]
  })
  return new SerialLine({ clock, baud: settings.baud, bits: bitsPerByte(settings), peers })
}
