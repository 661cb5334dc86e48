/**
 * What a driver is. One driver, one file, read in this order: options, name, factory, helpers.
 *
 *   configuration ─► describe: points and pace, without touching the instrument
 *                 ─► bus.open: the wire, once for all devices on it
 *                 ─► open: one instrument, read, streamed or written until it is disposed
 *
 * Heavy libraries are imported inside `open`: whoever checks a configuration loads every driver it names.
 */
import { type DevicePoint, HabtwinError } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import { z } from 'zod'

/** What an instrument said at one moment. Handed over: the receiver may change it. */
export interface Sample {
  /** Milliseconds since the Unix epoch; only where the instrument or recording has a time of its own. */
  t?: number
  /** One number a point, in the point's unit; null where there is none that can be used. */
  values: Record<string, number | null>
  /** Point → `uncertain:<why>` or `bad:<why>`; `good` is left out. */
  quality?: Record<string, string>
}

/** What a command may set a point to. */
export type Setting = number | string | boolean

/** Hands a sample on; the promise resolves when the next may follow (back-pressure). */
export type Emit = (sample: Sample, how?: { late?: boolean }) => Promise<void>

/** One open instrument: `read` or `stream`, never both. Disposing twice does nothing the second time. */
export interface Instrument extends AsyncDisposable {
  /**
   * One reading now; returned without a promise where nothing is waited for.
   * Throws a HabtwinError `device/*`; when the signal aborts it lets go of the wire and rejects.
   */
  read?(signal: AbortSignal): Sample | Promise<Sample>
  /** Emits by itself until it has no more; resolves with why it ended, in words for the health of the device. */
  stream?(emit: Emit, signal: AbortSignal): Promise<string>
  /** Sets a writable point and returns what the instrument says it is now. */
  write?(point: string, value: Setting, signal: AbortSignal): Setting | Promise<Setting>
  /** What it remembers of the time from `from` to `to` (ms, both included), oldest first. */
  history?(from: number, to: number): Iterable<Sample & { t: number }>
}

/** A wire or a world that several devices share. The scheduler lets one device on it at a time. */
export type Bus = AsyncDisposable

/** A few characters that outlive the process. */
export interface StateHook {
  load(): string | undefined
  save(state: string): void
}

/** What the configuration says of the habitat as a whole. */
export interface HabitatFacts {
  /** Outside pressure, hPa. */
  readonly pressure: number
  /** IANA name, as `America/Phoenix`. */
  readonly timezone: string
  readonly zones: Readonly<Record<string, ZoneFacts>>
}

export interface ZoneFacts {
  /** m³ */
  readonly volume?: number | undefined
  /** People who live there. */
  readonly crew?: number | undefined
  /** Crop → m². */
  readonly plants?: Readonly<Record<string, number>> | undefined
}

/** What devices and buses are given to live on. */
interface Surroundings {
  readonly id: string
  readonly clock: Clock
  readonly habitat: HabitatFacts
  readonly state?: StateHook | undefined
  /** Tells of a fault that does not stop the device, such as one bad row of a recording. */
  report(error: HabtwinError): void
  /** Where devices deliver that publish their readings themselves. */
  readonly inbox?: DeviceInbox | undefined
}

/** Where devices deliver that publish their readings themselves. */
export interface DeviceInbox {
  /** @param take given what a device has published; throws device/garbled where that cannot be used */
  open(device: string, take: (message: OutsideMessage) => void): Disposable
}

/** What an outside device has published. */
export interface OutsideMessage {
  /** The point that its topic names; undefined where the message is of several. */
  readonly point: string | undefined
  readonly text: string
}

/** A device as a bus sees it. */
export interface Passenger {
  readonly id: string
  readonly driver: Driver
  readonly options: unknown
}

export interface BusContext<O = unknown> extends Surroundings {
  readonly options: O
  /** The devices on this bus, in the order of the configuration. */
  readonly devices: readonly string[]
  /** The same with their drivers, for a bus that is simulated. */
  readonly passengers: readonly Passenger[]
  readonly signal: AbortSignal
}

export interface DeviceContext<O = unknown, B = Bus> extends Surroundings {
  readonly options: O
  readonly zone: string
  /** Milliseconds between readings. */
  readonly every: number
  /** Present for a driver that names what it rides on. */
  readonly bus: B
  /**
   * The newest good value of a point that any device of the same zone has, in the point's unit, and not older than ten
   * minutes: a barometer for a CO2 sensor, say.
   */
  readonly nearby: (point: string) => number | undefined
  /** Aborted when opening takes too long, or the gateway ends. */
  readonly signal: AbortSignal
}

/** What can be said of a device from its configuration alone. */
export interface Description {
  readonly points: Readonly<Record<string, DevicePoint>>
  /** How fast its clock runs beside the wall's; 1 where left out, 0 for "as fast as it goes". */
  readonly pace?: number
  /** ms between readings on its own clock, where that is not what the configuration says. */
  readonly every?: number
  /** ms after power-up in which its values are not yet to be believed; `uncertain:warmup` until then. */
  readonly warmup?: number
}

/** The bus of a device as `describe` sees it. */
export interface BusSketch<O = unknown> {
  readonly options: O
  readonly devices: readonly string[]
}

/**
 * What a simulated instrument measures.
 * @returns a plausible value of the point now, in the unit of the vocabulary; moves slowly with time
 */
export type Air = (point: string) => number

/** What an instrument is, for the list of those that habtwin knows. */
export interface About {
  readonly maker: string
  readonly model: string
  /** The datasheet or manual that the driver was written by, with the section. */
  readonly source: string
  /** How it comes from the factory, as `9600 8N1, unit 1`. */
  readonly settings?: string
}

export interface Driver<O = unknown, BO = unknown, B extends Bus = Bus> {
  readonly name: string
  /** Left out where it is not made for one instrument or family. */
  readonly about?: About
  /** True where no real instrument stands behind it. */
  readonly simulated: boolean
  /** The keys of a device beyond the common ones (zone, driver, bus, every, timeout, label). */
  readonly options: z.ZodType<O>
  /** Names of the drivers whose bus it can ride on; left out where it needs none. */
  readonly rides?: readonly string[]
  /** Present where the driver also is a bus. */
  readonly bus?: {
    /** The keys of the bus beyond `driver`. */
    readonly options: z.ZodType<BO>
    /** For `habtwin check`, which opens nothing: what could be better in these options, in one sentence. */
    hint?(options: BO): Promise<string | undefined>
    /** For the check of a configuration: devices that cannot be on this bus together, and why. */
    clashes?(devices: Readonly<Record<string, unknown>>): Iterable<readonly [device: string, message: string]>
    open(context: BusContext<BO>): B | Promise<B>
  }
  /**
   * Touches nothing: what the device will measure.
   * @param every ms between readings, on the wall's clock
   */
  describe(options: O, bus: BusSketch<BO> | undefined, every: number): Description
  /** Touches nothing: ms that one reading keeps the bus, at the bus's rate. Left out where that is next to nothing. */
  airtime?(options: O, bus: BusSketch<BO>): number
  /**
   * What stands at the other end of a bus whose path is `simulated`: a device that takes and gives the real bytes. Its
   * type is the bus's: a SerialPeer, a ModbusPeer, an I2cPeer.
   */
  standIn?(options: O, air: Air): unknown
  /** Throws a HabtwinError (`device/*` or the driver's own) and leaves nothing open where it cannot. */
  open(device: DeviceContext<O, B>): Promise<Instrument>
}

/** Checks a driver's own types against each other and forgets them: the registry holds drivers of all kinds. */
export function defineDriver<O, BO = unknown, B extends Bus = Bus>(driver: Driver<O, BO, B>): Driver {
  return driver as unknown as Driver
}

/** A driver that is a bus and nothing else: its devices name the drivers that ride on it. */
export function busAlone<BO, B extends Bus>(
  name: string,
  bus: NonNullable<Driver<unknown, BO, B>['bus']>,
): Driver<unknown, BO, B> {
  const refuse = (): never => {
    const message = `${name} is a bus; name the driver of the instrument that is on it`
    throw new HabtwinError('config/invalid', message, { where: name })
  }
  return { name, simulated: false, options: z.object({}), bus, describe: refuse, open: refuse }
}

/** What a bus is given as its path or host when stand-ins take the place of its instruments. */
const SIMULATED = 'simulated'

/** True for the options of a bus whose instruments are simulated. */
export function isSimulated(bus: Readonly<Record<string, unknown>>): boolean {
  return bus.path === SIMULATED || bus.host === SIMULATED
}
