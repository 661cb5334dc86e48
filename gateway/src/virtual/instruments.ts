/** The instruments of the virtual habitat: what each looks at, and how well it measures. */
import type { DevicePoint } from '@habtwin/contract'
import { points as vocabulary } from '@habtwin/contract'
import { between as draw, normal } from './chance.ts'
import type { Quantity } from './frame.ts'

/** How an instrument errs. Gain and offset are drawn once an instrument, within ± what is given. */
interface Flaws {
  readonly gain?: number
  readonly offset?: number
  /** Standard deviation of a reading. */
  readonly noise?: number
  /** The smallest step that it shows. */
  readonly step: number
}

interface Channel extends Flaws {
  readonly looks: Quantity
  readonly times?: number
  readonly point?: DevicePoint
}

const watts = (label: string, least = 0): DevicePoint => ({ unit: 'W', label, range: [least, 1_000_000] })

export const instruments = {
  air: {
    co2: { looks: 'co2', gain: 0.08, offset: 40, noise: 3, step: 0.1 },
    temperature: { looks: 'temperature', offset: 0.3, noise: 0.03, step: 0.01 },
    humidity: { looks: 'humidity', offset: 1.5, noise: 0.15, step: 0.1 },
  },
  o2: { o2: { looks: 'o2', offset: 0.08, noise: 0.008, step: 0.001 } },
  light: {
    par: { looks: 'par', gain: 0.03, noise: 0.8, step: 0.1 },
    // white LEDs: about 68 lx a umol/m2/s
    light: { looks: 'par', times: 68, gain: 0.03, noise: 30, step: 1 },
  },
  pressure: {
    pressure: { looks: 'pressure', offset: 0.3, noise: 0.02, step: 0.01 },
    'pressure-difference': { looks: 'difference', offset: 1, noise: 0.5, step: 0.1 },
    level: { looks: 'lung', noise: 0.2, step: 0.1, point: { unit: '%', label: 'Lung', range: [0, 100] } },
  },
  power: {
    power: { looks: 'load', noise: 4, step: 1, point: watts('Load') },
    solar: { looks: 'solar', noise: 3, step: 1, point: watts('Solar') },
    battery: { looks: 'charging', noise: 3, step: 1, point: watts('Into the battery', -1_000_000) },
    grid: { looks: 'grid', step: 1, point: watts('From the grid') },
    charge: { looks: 'battery', step: 0.1 },
  },
  scrubber: { state: { looks: 'scrubbing', step: 1 }, power: { looks: 'scrubberPower', noise: 1, step: 1 } },
  'o2-generator': {
    state: { looks: 'oxygenating', step: 1 },
    flow: {
      looks: 'oxygenFlow',
      noise: 0.01,
      step: 0.01,
      point: { unit: 'L/min', label: 'O₂ flow', range: [0, 100_000] },
    },
    power: { looks: 'oxygenPower', noise: 2, step: 1 },
  },
  dehumidifier: { state: { looks: 'drying', step: 1 }, power: { looks: 'dryerPower', noise: 1, step: 1 } },
  crew: { crew: { looks: 'people', step: 1 } },
} as const satisfies Record<string, Record<string, Channel>>

export type InstrumentName = keyof typeof instruments

export function channelsOf(name: InstrumentName): [point: string, channel: Channel][] {
  return Object.entries(instruments[name])
}

/** What an instrument declares of each of its points. */
export function pointsOf(name: InstrumentName): Record<string, DevicePoint> {
  return Object.fromEntries(channelsOf(name).map(([point, channel]) => [point, channel.point ?? declared(point)]))
}

function declared(point: string): DevicePoint {
  const { unit, label, range } = vocabulary[point as keyof typeof vocabulary]
  return { unit, label, range: [...range] }
}

/** How this very instrument reads a true value at a time: always the same for the same seed, device and time. */
export function flawed(
  seed: number,
  device: string,
  point: string,
  flaws: Channel,
): (value: number, t: number) => number {
  const name = `${device}/${point}`
  const gain = 1 + draw(seed, `${name}/gain`, -1, 1) * (flaws.gain ?? 0)
  const offset = draw(seed, `${name}/offset`, -1, 1) * (flaws.offset ?? 0)
  const noise = flaws.noise === undefined ? undefined : normal(seed, `${name}/noise`)
  const [low, high] = (flaws.point ?? declared(point)).range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  const perUnit = 1 / flaws.step
  return (value, t) => {
    const seen = value * gain + offset + (noise === undefined ? 0 : noise(t) * (flaws.noise ?? 0))
    // dividing by a whole number gives 20.87 where multiplying by 0.01 gives 20.870000000000001
    return Math.round(Math.min(high, Math.max(low, seen)) * perUnit) / perUnit
  }
}
