/** MH-Z16 of Winsen: CO2 in plain ppm, up to 2,000, 5,000, 10,000 or 50,000 ppm as ordered. */
import { WinsenPeer } from '../simulated/serial/winsen.ts'
import { defineDriver } from './driver.ts'
import { winsenDriver } from './serial/winsen.ts'

export default defineDriver(
  winsenDriver({
    name: 'mhz16',
    model: 'MH-Z16',
    source: "MH-Z16 user's manual 2.4, communication protocol",
    range: 50_000,
    warm: false,
    standIn: ({ mode }, air) => new WinsenPeer(air, mode === 'listen' ? 1_000 : undefined),
  }),
)
