/** Series to try forecasts on: made ones, each hard or dull in its own way. One value a minute. */

/** mulberry32 */
function uniform(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

interface Chance {
  readonly uniform: () => number
  readonly normal: () => number
}

/** Called once for each minute. */
type Maker = (chance: Chance) => (k: number) => number

/** First-order room: `people(k)` breathe, air is exchanged. */
function room(people: (k: number) => number, rate = 0.015, gain = 5): (k: number) => number {
  let x = 450
  return (k) => (x += gain * people(k) - rate * (x - 420))
}

/** People who come and go at chance, by day. */
function visitors({ uniform }: Chance, most = 4): (k: number) => number {
  let people = 0
  return (k) => {
    const hour = (k / 60) % 24
    const isDay = hour > 8 && hour < 19
    if (uniform() < (isDay ? 1 / 45 : 1 / 15)) people = isDay ? Math.floor(uniform() * (most + 1)) : 0
    return people
  }
}

const makers: Record<string, Maker> = {
  'ar 0.9': (chance) => autoregressive(chance, [0.9], 5),
  'ar 0.99': (chance) => autoregressive(chance, [0.99], 3),
  'ar 0.999': (chance) => autoregressive(chance, [0.999], 2),
  'ar 2, swinging': (chance) => autoregressive(chance, [1.95, -0.96], 2),
  'ar 2, smooth': (chance) => autoregressive(chance, [1.8, -0.805], 1),
  'white noise':
    ({ normal }) =>
    () =>
      500 + 10 * normal(),
  'random walk': ({ normal }) => walk(() => 2 * normal()),
  'random walk, fat tails': ({ normal, uniform }) => walk(() => normal() / Math.sqrt(uniform() + 1e-3)),
  'random walk and noise': ({ normal }) => {
    const x = walk(() => 2 * normal())
    return (k) => x(k) + 15 * normal()
  },
  momentum: ({ normal }) => {
    let v = 0
    return walk(() => (v = 0.97 * v + 0.15 * normal()))
  },
  'unrest that comes and goes': ({ normal }) => {
    let s = 1
    let e = 0
    return walk(() => {
      s = 0.05 + 0.9 * s + 0.09 * e * e
      e = Math.sqrt(s) * normal()
      return 3 * e
    })
  },
  day:
    ({ normal }) =>
    (k) =>
      22 + 3 * Math.sin((2 * Math.PI * k) / 1_440) + 0.1 * normal(),
  'an hour and a half':
    ({ normal }) =>
    (k) =>
      600 + 80 * Math.sin((2 * Math.PI * k) / 90) + 5 * normal(),
  drift:
    ({ normal }) =>
    (k) =>
      500 + 0.2 * k + 5 * normal(),
  scrubber: ({ normal }) => {
    let on = false
    let x = 900
    return () => {
      if (x > 1_200) on = true
      if (x < 900) on = false
      x += (on ? -9 : 4) + 0.3 * normal()
      return x + 4 * normal()
    }
  },
  'scrubber, crew of changing number': (chance) => {
    const { normal } = chance
    const people = visitors(chance, 3)
    let on = false
    let x = 900
    return (k) => {
      if (x > 1_200) on = true
      if (x < 900) on = false
      x += 1 + 2 * people(k) - (on ? 10 : 0) - 0.002 * (x - 420)
      return x + 4 * normal()
    }
  },
  thermostat: ({ normal }) => {
    let on = false
    let x = 20
    return () => {
      if (x < 19.5) on = true
      if (x > 21) on = false
      x += on ? 0.08 : -0.03
      return Math.round(10 * (x + 0.05 * normal())) / 10
    }
  },
  room: (chance) => {
    const x = room(visitors(chance))
    return (k) => x(k) + 2 * chance.normal()
  },
  'room in tens': (chance) => {
    const x = room(visitors(chance))
    return (k) => Math.round((x(k) + 2 * chance.normal()) / 10) * 10
  },
  'room with gaps': (chance) => {
    const x = room(visitors(chance))
    let gap = 0
    return (k) => {
      const value = x(k) + 2 * chance.normal()
      if (gap > 0) gap--
      else if (chance.uniform() < 0.004) gap = Math.floor(60 * chance.uniform())
      return gap > 0 || chance.uniform() < 0.05 ? Number.NaN : value
    }
  },
  'room with spikes': (chance) => {
    const x = room(visitors(chance))
    return (k) => x(k) + 2 * chance.normal() + (chance.uniform() < 0.01 ? 3_000 * chance.uniform() : 0)
  },
  'noise with spikes':
    ({ normal, uniform }) =>
    () =>
      500 + 3 * normal() + (uniform() < 0.02 ? 400 : 0),
  levels: ({ normal, uniform }) => {
    let x = 500
    return () => {
      if (uniform() < 1 / 120) x = 400 + 400 * uniform()
      return x + 2 * normal()
    }
  },
  'on and off': ({ uniform }) => {
    let x = 0
    return () => {
      if (uniform() < 1 / 60) x = 1 - x
      return x
    }
  },
  constant: () => () => 21.5,
  'nearly constant': ({ uniform }) => {
    let x = 21.5
    return () => {
      if (uniform() < 1 / 400) x = Math.round(10 * (x + (uniform() < 0.5 ? 0.1 : -0.1))) / 10
      return x
    }
  },
  coarse: ({ normal }) => {
    const x = walk(() => 0.02 * normal())
    return (k) => Math.round(2 * x(k)) / 2
  },
  light: ({ normal, uniform }) => {
    let lamp = 0
    return (k) => {
      const hour = (k / 60) % 24
      if (uniform() < 1 / 90) lamp = hour > 8 && hour < 19 && uniform() < 0.7 ? 430 : 0
      const sun = Math.max(0, Math.sin((Math.PI * (hour - 6)) / 12)) * 120
      return Math.max(0, Math.round(lamp + sun * (1 + 0.05 * normal())))
    }
  },
  chaos: () => {
    let x = 0.3
    return () => {
      x = 3.9 * x * (1 - x)
      return 500 + 100 * x
    }
  },
  lorenz: () => {
    let [x, y, z] = [1, 1, 20]
    return () => {
      for (let i = 0; i < 10; i++) {
        const d = 0.003
        ;[x, y, z] = [x + d * 10 * (y - x), y + d * (x * (28 - z) - y), z + d * (x * y - (8 / 3) * z)]
      }
      return 500 + 10 * x
    }
  },
  wind: (chance) => {
    const x = autoregressive(chance, [0.97], 0.35)
    return (k) => Math.max(0, (x(k) - 500) ** 2 / 2)
  },
}

function walk(step: () => number): (k: number) => number {
  let x = 600
  return () => (x += step())
}

function autoregressive({ normal }: Chance, c: readonly number[], sd: number): (k: number) => number {
  const lags = c.map(() => 0)
  return () => {
    const next = c.reduce((sum, one, i) => sum + one * (lags[i] as number), sd * normal())
    lags.unshift(next)
    lags.pop()
    return 500 + next
  }
}

export const names: readonly string[] = Object.keys(makers)

/** @param length minutes */
export function series(name: string, seed: number, length: number): Float64Array {
  const next = uniform(seed)
  const normal = () => Math.sqrt(-2 * Math.log(next() + 1e-12)) * Math.cos(2 * Math.PI * next())
  const make = (makers[name] as Maker)({ uniform: next, normal })
  return Float64Array.from({ length }, (_, k) => make(k))
}
