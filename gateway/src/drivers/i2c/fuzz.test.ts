import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isHabtwinError } from '@habtwin/contract'
import fc from 'fast-check'
import { runs } from '../../../../test/support/runs.ts'
import { Conditioning } from '../../conditioning/index.ts'
import { bme280Chip, bme688Chip, bmp388Chip } from '../../simulated/i2c/bosch.ts'
import { RegisterChip } from '../../simulated/i2c/registers.ts'
import type { I2cPeer } from '../../simulated/i2c.ts'
import bme280 from '../bme280.ts'
import bme688 from '../bme688.ts'
import bmp388 from '../bmp388.ts'
import type { Driver, Sample } from '../driver.ts'
import scd30 from '../scd30.ts'
import scd41 from '../scd41.ts'
import sgp30 from '../sgp30.ts'
import { figure, valuesIn } from '../text/figures.ts'
import tsl2591 from '../tsl2591.ts'
import veml7700 from '../veml7700.ts'
import { Rig } from './rig.ts'
import { withCrc, wordsOf } from './words.ts'

/** Bytes from a seed: xorshift, so that a run can be repeated. */
function bytesFrom(seed: number): () => number {
  let state = seed | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state & 0xff
  }
}

/** Says anything: bytes at random, or words at random with a CRC that agrees. It may refuse a transfer now and then. */
class Babbler implements I2cPeer {
  readonly address: number
  readonly #byte: () => number
  readonly #orderly: boolean

  constructor(address: number, seed: number, orderly: boolean) {
    this.address = address
    this.#byte = bytesFrom(seed)
    this.#orderly = orderly
  }

  write(): boolean {
    return this.#byte() > 4
  }

  read(length: number): Uint8Array | undefined {
    if (this.#byte() < 4) return undefined
    if (!this.#orderly) return Uint8Array.from({ length }, this.#byte)
    const words = Array.from({ length: Math.ceil(length / 3) }, () => withCrc((this.#byte() << 8) | this.#byte()))
    return Uint8Array.from(words.flat()).subarray(0, length)
  }
}

/** Opens and reads a few times; what is thrown must be a fault of the world, what is given must be believable. */
async function survives(driver: Driver, peer: () => I2cPeer): Promise<void> {
  await using rig = new Rig(driver, { peer })
  const conditioning = new Conditioning(rig.clock, 1_013)
  conditioning.device({ id: 'it', zone: 'crew', every: 10_000, points: rig.points })
  for (let i = 0; i < 4; i++) {
    try {
      judge(conditioning, rig, await rig.after(10_000))
    } catch (error) {
      if (!isHabtwinError(error) || !error.code.startsWith('device/')) throw error
      await rig.open().catch((error: unknown) => {
        if (!isHabtwinError(error)) throw error
      })
    }
  }
}

function judge(conditioning: Conditioning, rig: Rig, sample: Sample): void {
  const stamped = { ...sample, t: rig.clock.now() }
  conditioning.take('it', stamped, false)
  for (const [point, value] of Object.entries(stamped.values)) {
    const declared = rig.points[point]
    assert.ok(declared, `${point} was never declared`)
    if (value === null) assert.match(stamped.quality?.[point] ?? '', /^bad:/)
    else {
      const [low, high] = declared.range as readonly [number, number]
      assert.ok(value >= low && value <= high, `${point} is ${value}`)
    }
  }
}

const seed = fc.integer({ min: 1, max: 0x7fffffff })

describe('drivers of I2C chips', () => {
  const all: [Driver, number][] = [
    [scd30, 0x61],
    [scd41, 0x62],
    [sgp30, 0x58],
    [bme280, 0x76],
    [bme688, 0x77],
    [bmp388, 0x77],
    [tsl2591, 0x29],
    [veml7700, 0x10],
  ]
  for (const [driver, address] of all) {
    it(`${driver.name} neither falls nor gives a value out of range, whatever answers`, async () => {
      const property = fc.asyncProperty(seed, fc.boolean(), (seed, orderly) =>
        survives(driver, () => new Babbler(address, seed, orderly)),
      )
      await fc.assert(property, { numRuns: runs(25) })
    })
  }

  /** Registers at random, but for these: number, contents, number, contents … */
  const filled = (seed: number, chip: RegisterChip, ids: readonly number[]) => {
    const byte = bytesFrom(seed)
    const ready = chip.registers.map(byte)
    for (let i = 0; i < ids.length; i += 2) ready[ids[i] as number] = ids[i + 1] as number
    return new (class extends RegisterChip {
      override read(length: number, now: number): Uint8Array {
        this.registers.set(ready)
        return super.read(length, now)
      }
    })(chip.address)
  }

  it('of Bosch neither fall nor give a value out of range for any trimming and any measurement', async () => {
    const air = () => 0
    const chips: [Driver, RegisterChip, number[]][] = [
      [bme280, bme280Chip(air), [0xd0, 0x60, 0xf3, 0, 0xf5, 0xa0]],
      [bme688, bme688Chip(air), [0xd0, 0x61, 0x1d, 0x80, 0x6d, 0x55]],
      [bmp388, bmp388Chip(air), [0xd0, 0, 0x00, 0x50, 0x03, 0x70, 0x1d, 0x05]],
    ]
    for (const [driver, chip, ids] of chips) {
      const property = fc.asyncProperty(seed, (seed) => survives(driver, () => filled(seed, chip, ids)))
      await fc.assert(property, { numRuns: runs(60) })
    }
  })
})

describe('parsers', () => {
  /** How many answers of that length agree with their CRC, of that many bytes at random. */
  const agreeing = (length: number, bytes: number) => {
    const byte = bytesFrom(20_261_120)
    const answer = new Uint8Array(length)
    const deep = Error.stackTraceLimit
    Error.stackTraceLimit = 0 // half a million errors
    let taken = 0
    for (let count = 0; count < bytes; count += length) {
      for (let i = 0; i < length; i++) answer[i] = byte()
      try {
        const words = wordsOf(answer, 'x')
        assert.deepEqual([...answer], words.flatMap(withCrc))
        taken++
      } catch (error) {
        if (!isHabtwinError(error, 'device/garbled')) throw error
      }
    }
    Error.stackTraceLimit = deep
    return taken
  }

  it('of words take ten million bytes at random, and invent no answer of them', () => {
    // six words that all agree by accident: one in 10^14
    assert.equal(agreeing(18, 10_000_000), 0)
  })

  it('of words take one word at random in 256, and no fewer or more: all of its bits are looked at', () => {
    const words = 100_000
    assert.ok(Math.abs((agreeing(3, 3 * words) * 256) / words - 1) < 0.2)
  })

  it('of text give figures that are in it, or nothing', () => {
    const pieces = fc.array(
      fc.oneof(
        fc.string(),
        fc.constantFrom('co2', '=', ':', '812', '1e999', '-', '{', '}', '"', 'NaN', '\n', ',', '0x1f'),
      ),
    )
    const points = { co2: figure.parse({}), t: figure.parse({ match: '(\\d+)' }) }
    fc.assert(
      fc.property(pieces, (pieces) => {
        const text = pieces.join('')
        try {
          for (const value of Object.values(valuesIn(text, points, 'x'))) {
            assert.ok(value === null || (Number.isFinite(value) && /\d/.test(text)))
          }
        } catch (error) {
          assert.ok(isHabtwinError(error, 'device/garbled'), String(error))
        }
      }),
      { numRuns: runs(2_000) },
    )
  })
})
