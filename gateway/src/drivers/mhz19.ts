/** MH-Z19, MH-Z19B, MH-Z19C of Winsen: CO2 up to 2,000, 5,000 or 10,000 ppm as ordered. */
import { WinsenPeer } from '../simulated/serial/winsen.ts'
import { defineDriver } from './driver.ts'
import { winsenDriver } from './serial/winsen.ts'

export default defineDriver(
  winsenDriver({
    name: 'mhz19',
    model: 'MH-Z19B, MH-Z19C, MH-Z19',
    source: "MH-Z19B user's manual 1.0, communication protocol",
    range: 5_000,
    warm: true,
    standIn: ({ mode }, air) => new WinsenPeer(air, mode === 'listen' ? 1_000 : undefined),
  }),
)
