/** The shape of the configuration file. Quantities come out in one unit each, named in the comments. */
import { type DevicePoint, id, levels, points, whatifChange } from '@habtwin/contract'
import { z } from 'zod'
import { access, publicly } from './access.ts'
import { bridges } from './bridges.ts'
import { brokerLimits } from './broker-limits.ts'
import { pointCommands } from './commands.ts'
import { conditioningKeys } from './conditioning.ts'
import { address, bytes, duration, instant, quantity, timeOfDay, timezone } from './quantity.ts'
import { tls } from './tls.ts'

/** What the configuration asks of a driver: who it is and which keys it adds. */
export interface DriverKeys {
  readonly name: string
  readonly simulated: boolean
  /** Drivers whose buses it can ride on. */
  readonly rides?: readonly string[] | undefined
  /** A z.object of the keys that a device of this driver has beyond the common ones. */
  readonly options: z.ZodType
  /** The same for a bus, where the driver is one. */
  readonly bus?:
    | {
        readonly options: z.ZodType
        /** Devices that cannot be on one bus together, and why. */
        clashes?(devices: Readonly<Record<string, unknown>>): Iterable<readonly [device: string, message: string]>
      }
    | undefined
  /** What a device of it can measure and be set to, from its configuration alone. Throws a config/* error. */
  describe?(options: unknown, bus: WrittenBus | undefined, every: number): Described
  /** ms that one reading keeps the bus, at the least. */
  airtime?(options: unknown, bus: WrittenBus): number
}

interface WrittenBus {
  readonly options: unknown
  readonly devices: readonly string[]
}

interface Described {
  readonly points: Readonly<Record<string, DevicePoint>>
}

const habitat = z.strictObject({
  id: id.default('habitat'),
  label: z.string().optional(),
  /** hPa, outside; 1013.25 at sea level. */
  pressure: quantity('hPa', '879 hPa').default(1013.25),
  timezone: timezone.default('UTC'),
})

const mission = z.strictObject({
  /** ms since the epoch. */
  epoch: instant,
  /** ms; a sol of Mars is 88775.244 s. */
  day: duration('24 h').default(86_400_000),
})

/** `6 mmHg` means above; the unit is checked against the point later, as it needs the habitat's pressure. */
const limit = z.union([
  z.string(),
  z.number(), // let in so that its refusal can say what is missing
  z.strictObject({ above: z.string().optional(), below: z.string().optional(), mean: duration('1 h').optional() }),
])

const pointLimits = z.strictObject({
  emergency: limit.optional(),
  warning: limit.optional(),
  caution: limit.optional(),
  advisory: limit.optional(),
  rate: z.strictObject({ per_minute: z.string(), level: z.enum(levels) }).optional(),
  /** How far a value must come back before an alert ends, as a quantity of the point. */
  hysteresis: z.string().optional(),
  /** Name of a checklist that the alert links to. */
  checklist: id.optional(),
})

/** A machine of a zone, as the twin has to know it. `device` tells by its `state` point whether it runs. */
const machine = { device: id.optional() }

const scrubber = z.strictObject({
  ...machine,
  /** Air that passes, m3/h. */
  flow: quantity('m3/h', '144 m3/h'),
  /** Switches on above and off below, ppm. */
  on: quantity('[ppm]', '1200 ppm').default(1_200),
  off: quantity('[ppm]', '900 ppm').default(900),
})

const lamps = z.strictObject({
  /** Hours of the day, local time. */
  from: timeOfDay.default(5),
  to: timeOfDay.default(21),
  /** Under full lamps, umol/m2/s. */
  par: quantity('umol/m2/s', '500 umol/m2/s').default(500),
})

const lung = z.strictObject({
  /** m3 between empty and full; its `level` point is read in per cent. */
  volume: quantity('m3', '45 m3'),
})

const battery = z.strictObject({
  /** Its meter: `charge` in %, and `battery` (W into it) or `solar` less `power`. */
  ...machine,
  /** kWh between empty and full. */
  capacity: quantity('kW.h', '30 kWh'),
})

const zone = z.strictObject({
  label: z.string().optional(),
  /** m3 of air. */
  volume: quantity('m3', '480 m3').optional(),
  /** Planted area, m2 a crop. */
  plants: z.record(z.string(), quantity('m2', '4 m2')).optional(),
  /** People who live here. */
  crew: z.int().nonnegative().optional(),
  /** Zones that air is exchanged with. Where no zone says, each is beside the one before it in this file. */
  beside: z.array(id).optional(),
  scrubber: scrubber.optional(),
  dehumidifier: z.strictObject(machine).optional(),
  /** O2 generator; its `flow` point is read in L/min. */
  oxygen: z.strictObject(machine).optional(),
  lamps: lamps.optional(),
  lung: lung.optional(),
  /** Outside air blown in, m3/h, while it runs. */
  blower: z.strictObject({ ...machine, flow: quantity('m3/h', '30 m3/h') }).optional(),
  battery: battery.optional(),
  limits: z.partialRecord(z.enum(Object.keys(points) as [keyof typeof points]), pointLimits).optional(),
})

const commonDevice = {
  zone: id,
  bus: id.optional(),
  label: z.string().optional(),
  /** ms between readings. */
  every: duration().default(10_000),
  /** ms; a device that has not answered by then is counted as silent. */
  timeout: duration('1 s').default(1_000),
  enabled: z.boolean().default(true),
  /** Point → what it may be set to, and when not. */
  commands: z.record(id, pointCommands).optional(),
  ...conditioningKeys,
}

const broker = z.strictObject({
  mqtt: address.prefault(1883),
  /** MQTT with TLS; 8883 by custom. */
  tls: address.optional(),
  websocket: address.prefault(8083),
  /** MQTT 5 as well, by the beta of Aedes 2: each delivery costs about twice the processor, also by 3.1.1. */
  mqtt5: z.boolean().default(false),
  ...brokerLimits,
})

const http = z.strictObject({
  panel: address.prefault(8080),
  gateway: address.prefault(8090),
  /** Host names, besides loopback, under which the panel may be opened. */
  names: z.array(z.string()).default([]),
})

const influx = z.strictObject({
  url: z.url(),
  org: z.string().optional(),
  bucket: z.string().optional(),
  /** Given instead of org and bucket, it means InfluxDB 1.x. */
  database: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  password_file: z.string().optional(),
  token: z.string().optional(),
  token_file: z.string().optional(),
})

const store = z.strictObject({
  /** Readings older than this are dropped, ms. */
  keep: duration('730 d').default(730 * 86_400_000),
  /** The oldest go when the store is larger, bytes. */
  size: bytes('8 GB').default(8_000_000_000),
  /** The longest that readings wait to be committed, ms. */
  commit: duration('15 s').default(15_000),
})

const journal = z.strictObject({
  memory: bytes('8 MB').default(8_000_000),
  disk: bytes('2 GB').default(2_000_000_000),
  /** What the recorder has not confirmed within this time is written to disk, ms. */
  tick: duration('1 s').default(1_000),
})

/** Jobs go to workers on any machine, `habtwin worker`, instead of to threads of sim. */
const redis = z.strictObject({
  /** `redis://host:6379`, or `rediss://` with TLS; a path is the number of the database. */
  url: z
    .url({ protocol: /^rediss?$/ })
    .refine((url) => new URL(url).password === '', 'the password does not belong in the address; use password_file'),
  username: z.string().optional(),
  password: z.string().optional(),
  password_file: z.string().optional(),
})

const jobs = z.strictObject({
  /** Threads that scenarios run in: of sim, or of a worker. */
  workers: z.int().min(1).max(64).default(1),
  /** Jobs that may wait. */
  queue: z.int().min(1).max(100_000).default(1_000),
  /** Values that are kept of one job, at most. */
  values: z.int().positive().default(100_000_000),
  /** Steps of one job over all its runs, at most. */
  steps: z.int().positive().default(200_000_000),
  /** Finished jobs older than this are deleted, ms. */
  keep: duration('365 d').default(365 * 86_400_000),
  /** The oldest finished jobs are deleted when results take more, bytes. */
  size: bytes('4 GB').default(4_000_000_000),
  /** Folder of the library that SIMOC configurations refer to. */
  library: z.string().optional(),
  redis: redis.optional(),
})

const clock = z.strictObject({
  /** Whether this machine's clock may be believed: by what speaks for it, always, or not before something does. */
  sync: z.enum(['auto', 'trusted', 'untrusted']).default('auto'),
  /** Files that are there once the clock is set, beside those of the usual daemons. */
  evidence: z.array(z.string()).default([]),
})

const guard = z.strictObject({
  /** An alert is raised when sim has been away this long, ms. */
  sim_silence: duration('60 s').default(60_000),
})

/** What is known beforehand of the days to come. */
const plan = z.strictObject({
  /** Hours of the day, local time. */
  wake: timeOfDay.default(7),
  sleep: timeOfDay.default(23),
  /** What will be switched or will happen, once; the same changes that a what-if takes. */
  switches: z.array(z.strictObject({ at: instant, change: whatifChange })).default([]),
})

/**
 * The schema of the whole file for a set of drivers.
 * @param drivers every driver that a device or bus may name
 */
export function configSchema(drivers: readonly DriverKeys[]) {
  const devices = drivers.map((driver) => withDriver(driver.name, commonDevice, driver.options))
  const buses = drivers.flatMap((driver) => (driver.bus ? [withDriver(driver.name, {}, driver.bus.options)] : []))
  return z.strictObject({
    habitat: habitat.prefault({}),
    mission: mission.optional(),
    plan: plan.prefault({}),
    zones: z.record(id, zone).default({}),
    buses: z.record(id, anyOf(buses)).default({}),
    devices: z.record(id, anyOf(devices)).default({}),
    /** Folder of the habitat's own checklists, Markdown, one file a name. */
    checklists: z.string().optional(),
    broker: broker.prefault({}),
    bridges: bridges.default({}),
    http: http.prefault({}),
    tls: tls.prefault({}),
    access: access.prefault({}),
    public: publicly.prefault({}),
    influx: influx.optional(),
    store: store.prefault({}),
    journal: journal.prefault({}),
    clock: clock.prefault({}),
    guard: guard.prefault({}),
    jobs: jobs.prefault({}),
  })
}

/** Sections that a receiver has as well. */
export const sections = { access, broker, http, tls, influx, store, jobs }

type Shape = z.core.$ZodLooseShape

function withDriver(name: string, common: Shape, options: z.ZodType) {
  const own = options instanceof z.ZodObject ? (options.shape as Shape) : {}
  return z.strictObject({ driver: z.literal(name), ...common, ...own })
}

function anyOf(options: ReturnType<typeof withDriver>[]) {
  const [first, ...rest] = options
  return first === undefined ? z.never() : z.discriminatedUnion('driver', [first, ...rest])
}
