/** What no instrument can have measured does not go on: not a number, out of range, or never declared. */
import type { DevicePoint } from '@habtwin/contract'
import { pointInfo } from '@habtwin/contract'
import type { Sample } from '../drivers/driver.ts'

export class Sanity {
  #ranges: Map<string, readonly [number, number]>
  /** Values that came for points which the device does not have. */
  undeclared = 0

  /** @param points what the device declares; a point without a range of its own has that of the vocabulary */
  constructor(points: Readonly<Record<string, DevicePoint>>) {
    this.#ranges = new Map(Object.entries(points).map(([name, point]) => [name, point.range ?? pointInfo(name).range]))
  }

  /** Mends the sample in place: bad values become null and say why, undeclared points go. */
  clean(sample: Sample): void {
    const { values } = sample
    for (const point in values) {
      const range = this.#ranges.get(point)
      const value = values[point]
      if (range === undefined) {
        delete values[point]
        this.undeclared++
      } else if (value === null || value === undefined) {
        values[point] = null
        if (sample.quality?.[point] === undefined) mark(sample, point, 'bad:no-value')
      } else if (!Number.isFinite(value)) {
        values[point] = null
        mark(sample, point, 'bad:not-a-number')
      } else if (value < range[0] || value > range[1]) {
        values[point] = null
        mark(sample, point, 'bad:range')
      }
    }
  }
}

function mark(sample: Sample, point: string, quality: string): void {
  sample.quality ??= {}
  sample.quality[point] = quality
}
