/** Vishay VEML7700: light, with a sensitivity that follows it. By the datasheet 84286 and the application note 84323. */
import { points } from '@habtwin/contract'
import { z } from 'zod'
import { veml7700Chip } from '../simulated/i2c/light.ts'
import { type DeviceContext, defineDriver, type Sample } from './driver.ts'
import type { I2cBus, I2cWire } from './i2c/bus.ts'
import { Chip, placeKeys, without } from './i2c/device.ts'
import { veml7700Steps as steps, type Veml7700Step, veml7700Lux } from './i2c/light.ts'

const options = z.object(placeKeys(0x10))

type Options = z.output<typeof options>

const [CONF, ALS, ID] = [0x00, 0x04, 0x07]
/** Counts between which a step is kept (84323, auto gain). */
const [FEW, MANY] = [100, 10_000]
/** lx; beyond it the correction leaves the range that it was made for. */
const BRIGHTEST = 140_000
/** ms after which it measures when it was off (84286, ALS_SD), and by how much its clock may be slow. */
const [WAKE, SLACK] = [5, 1.15]

export default defineDriver<Options, unknown, I2cBus>({
  name: 'veml7700',
  simulated: false,
  about: {
    maker: 'Vishay',
    model: 'VEML7700',
    source: 'Datasheet 84286 1.7, application note 84323',
    settings: 'I2C 0x10',
  },
  options,
  rides: ['i2c'],
  describe: () => ({ points: { light: { unit: points.light.unit, range: [0, BRIGHTEST] } } }),
  airtime: () => 2,
  standIn: (_, air) => veml7700Chip(air),
  async open(device) {
    const sensor = new Veml7700(device)
    await sensor.start(device.signal)
    return { read: (signal) => sensor.read(signal), async [Symbol.asyncDispose]() {} } // it draws 45 µA: left on
  },
})

class Veml7700 {
  readonly #chip: Chip
  #step = 1

  constructor(device: DeviceContext<Options, I2cBus>) {
    this.#chip = new Chip(device)
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.#chip.meet(signal, async (wire) => {
      const id = await word(wire, ID)
      // the first revisions have no id: they are known by keeping what they are told
      if ((id & 0xff) !== 0x81) {
        await this.#set(wire)
        if ((await word(wire, CONF)) !== this.#now.conf) this.#chip.expect('VEML7700', 'chip that is not known')
      }
      await this.#set(wire)
    })
    await this.#chip.sleep(WAKE + this.#now.ms * SLACK, signal)
  }

  async read(signal: AbortSignal): Promise<Sample> {
    let counts = await this.#counts(signal)
    if (counts === undefined) return without(['light'], 'bad:not-ready')
    // at most once in a reading: to the very least where it is full, one step where it is merely much or little
    const better = this.#better(counts)
    if (better !== this.#step) {
      this.#step = better
      await this.#chip.converse(signal, (wire) => this.#set(wire))
      await this.#chip.sleep(WAKE + 2 * this.#now.ms * SLACK, signal)
      counts = await this.#counts(signal)
      if (counts === undefined) return without(['light'], 'bad:not-ready')
    }
    const light = veml7700Lux(counts, this.#now)
    if (counts === 0xffff || light > BRIGHTEST) return without(['light'], 'bad:saturated')
    return { values: { light: Number(light.toPrecision(5)) } }
  }

  get #now(): Veml7700Step {
    return steps[this.#step] as Veml7700Step
  }

  #better(counts: number): number {
    if (counts === 0xffff) return 0
    if (counts > MANY) return Math.max(0, this.#step - 1)
    return counts < FEW ? Math.min(steps.length - 1, this.#step + 1) : this.#step
  }

  /** Undefined where it was without power and has forgotten that it should measure: it would say that it is dark. */
  #counts(signal: AbortSignal): Promise<number | undefined> {
    return this.#chip.converse(signal, async (wire) => {
      if ((await word(wire, CONF)) === this.#now.conf) return word(wire, ALS)
      await this.#set(wire)
      return undefined
    })
  }

  async #set(wire: I2cWire): Promise<void> {
    const { conf } = this.#now
    await wire.write(Uint8Array.of(CONF, conf & 0xff, conf >> 8))
  }
}

/** Sixteen bits, low byte first. */
async function word(wire: I2cWire, register: number): Promise<number> {
  const [low = 0, high = 0] = await wire.readFrom(register, 2)
  return low | (high << 8)
}
