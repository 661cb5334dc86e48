/**
 * A virtual habitat of a seed: what is hidden of it, and what its crew would write in the configuration.
 *
 * Two of three have a greenhouse and all instruments; every third is a single room with CO2, temperature and humidity
 * alone. Figures of the nameplates are told (volumes, the scrubber's flow, lamps, lung, blower), all others are not:
 * no crew, and no instrument that counts people.
 */

import virtual from '../../gateway/src/drivers/virtual.ts'
import { chance } from '../../gateway/src/virtual/chance.ts'
import type { InstrumentName } from '../../gateway/src/virtual/instruments.ts'
import { drawTruth, type Truth } from '../../gateway/src/virtual/truth.ts'
import type { Config } from '../../runtime/src/config/index.ts'
import { parseConfig } from '../../runtime/src/config/load.ts'

const HOUR = 3_600_000
/** Midnight at the habitats. */
const EPOCH = Date.UTC(2026, 10, 20, 7)
const PRESSURE = 879
const TIMEZONE = 'America/Phoenix'

export type Kind = 'whole' | 'room'

export interface Built {
  readonly seed: number
  readonly kind: Kind
  readonly truth: Truth
  readonly config: Config
  /** When its instruments are first read, ms: any hour of a day. */
  readonly begin: number
}

export function build(seed: number): Built {
  const kind = seed % 3 === 0 ? 'room' : 'whole'
  const any = (name: string) => chance(seed, `bench/${name}`)()
  // a room is as large as the living quarters of a habitat may be
  const zones =
    kind === 'room'
      ? { crew: { volume: Math.round(150 + 250 * any('volume')) } }
      : { greenhouse: { volume: 480, plants: { lettuce: 10, tomato: 10, 'sweet-potato': 10 } }, crew: { volume: 272 } }
  const truth = drawTruth(seed, { pressure: PRESSURE, timezone: TIMEZONE, zones })
  const config = parseConfig(write(kind, truth), `seed ${seed}`, [virtual], {})
  return { seed, kind, truth, config, begin: EPOCH + Math.floor(any('begin') * 24) * HOUR }
}

/** The file that its crew would have written. */
function write(kind: Kind, truth: Truth): string {
  const { flow } = truth.scrubber
  const has = kind === 'whole'
  const home = truth.zones[truth.home]
  return `
habitat: { id: seed-${truth.seed}, pressure: ${PRESSURE} hPa, timezone: ${TIMEZONE} }
zones:${has ? greenhouse : ''}
  crew:
    volume: ${home?.volume} m3
    scrubber: { ${has ? 'device: scrubber, ' : ''}flow: ${flow} m3/h, on: 1200 ppm, off: 900 ppm }
    oxygen: { ${has ? 'device: o2-generator' : ''} }
    dehumidifier: { ${has ? 'device: crew-dryer' : ''} }
    lung: { volume: ${truth.lung.toFixed(1)} m3 }
    blower: { flow: 30 m3/h }
buses: { habitat: { driver: virtual, seed: ${truth.seed} } }
devices:
${Object.entries(devices[kind]).map(device).join('\n')}
`
}

const greenhouse = `
  greenhouse:
    volume: 480 m3
    plants: { lettuce: 10 m2, tomato: 10 m2, sweet-potato: 10 m2 }
    lamps: { from: "05:00", to: "21:00", par: 500 umol/m2/s }
    dehumidifier: { device: gh-dryer }`

function device([id, [zone, instrument]]: [string, readonly [zone: string, instrument: InstrumentName]]): string {
  return `  ${id}: { zone: ${zone}, driver: virtual, bus: habitat, instrument: ${instrument}, every: 20 s }`
}

type Devices = Readonly<Record<string, readonly [zone: string, instrument: InstrumentName]>>

/** Several of a kind beside each other, so that one that drifts can be told from air that changes. */
const devices: Readonly<Record<Kind, Devices>> = {
  room: { 'crew-air-1': ['crew', 'air'] },
  whole: {
    'crew-air-1': ['crew', 'air'],
    'crew-air-2': ['crew', 'air'],
    'crew-air-3': ['crew', 'air'],
    'gh-air-1': ['greenhouse', 'air'],
    'gh-air-2': ['greenhouse', 'air'],
    'crew-o2': ['crew', 'o2'],
    'gh-o2': ['greenhouse', 'o2'],
    'crew-pressure': ['crew', 'pressure'],
    scrubber: ['crew', 'scrubber'],
    'o2-generator': ['crew', 'o2-generator'],
    'crew-dryer': ['crew', 'dehumidifier'],
    'gh-dryer': ['greenhouse', 'dehumidifier'],
    'gh-light': ['greenhouse', 'light'],
    power: ['crew', 'power'],
  },
}

export function devicesOf(kind: Kind): Devices {
  return devices[kind]
}
