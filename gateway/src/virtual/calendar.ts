/** Local time of the virtual habitat, and the sky above it. */
import { zoneOffset } from '@habtwin/runtime/local-time'
import { chance } from './chance.ts'

const DAY = 86_400_000

/** A moment as the people of the habitat see it. */
export interface LocalTime {
  /** Days since the epoch, local. */
  day: number
  /** From 0 to 24. */
  hour: number
}

/** @param timezone IANA name; the object that it returns is the same each time */
export function calendar(timezone: string): (t: number) => LocalTime {
  const offsetAt = zoneOffset(timezone)
  const local: LocalTime = { day: 0, hour: 0 }
  return (t) => {
    const wall = t + offsetAt(t)
    local.day = Math.floor(wall / DAY)
    local.hour = (wall - local.day * DAY) / (DAY / 24)
    return local
  }
}

/** A dry place with clouds now and then. */
export class Sky {
  #cloud: (index?: number) => number
  #front: (index?: number) => number

  constructor(seed: number) {
    this.#cloud = chance(seed, 'cloud')
    this.#front = chance(seed, 'front')
  }

  /** Light of the sun from 0 to 1, from half past six to six. */
  sun({ day, hour }: LocalTime): number {
    if (hour <= 6.5 || hour >= 18) return 0
    const clear = Math.sin((Math.PI * (hour - 6.5)) / 11.5)
    const dull = this.#cloud(day) ** 3
    return clear * (1 - dull * smooth(this.#cloud, day * 96 + hour * 4))
  }

  /** °C */
  temperature({ day, hour }: LocalTime): number {
    return 17 + 7 * Math.sin((2 * Math.PI * (hour - 9.5)) / 24) + 6 * (smooth(this.#front, day / 3 + hour / 72) - 0.5)
  }

  /** Pa above or below the usual. */
  pressure({ day, hour }: LocalTime): number {
    return (
      300 * (smooth(this.#front, 1_000_000 + day / 2 + hour / 48) - 0.5) +
      60 * Math.cos((4 * Math.PI * (hour - 10)) / 24)
    )
  }
}

/** Chance that changes smoothly along its index. */
function smooth(at: (index?: number) => number, x: number): number {
  const i = Math.floor(x)
  const f = x - i
  const a = at(i)
  return a + (at(i + 1) - a) * f * f * (3 - 2 * f)
}
