/**
 * The guard: readings and silences in, alerts out. It needs neither twin, store nor screen.
 *
 *   reading ─► late? ─► monitor (limits, means, rates) ─┐
 *   health, silence ─► presence ────────────────────────┼─► alerts ─► onAlert
 *   sim's connection ───────────────────────────────────┘
 *
 * Limits are judged in the time of the readings, so that a recording gives the same alerts at any speed; silence is
 * judged by the machine's monotonic clock.
 */
import { isDeepStrictEqual } from 'node:util'
import { type Alert, type DeviceHealth, type DeviceInfo, pointInfo } from '@habtwin/contract'
import { alertId, place, rank, span } from '@habtwin/runtime/alert-words'
import { type Clock, systemClock, type Timer } from '@habtwin/runtime/clock'
import { defaultLimits, mergeLimits, type ZoneKind, type ZoneLimits } from '@habtwin/runtime/config/default-limits'
import { Alerts, type GuardState, type Matter } from './alerts.ts'
import { type Direction, directions, type Finding, Monitor } from './monitor.ts'
import { Presence } from './presence.ts'
import { clearText, limitText } from './text.ts'

export interface GuardZone extends ZoneKind {
  readonly label: string
  /** In the unit of each point; over the defaults. */
  readonly limits?: ZoneLimits
}

export interface GuardOptions {
  readonly zones: Readonly<Record<string, GuardZone>>
  /** Of the habitat, hPa. */
  readonly pressure: number
  /** How long sim may be away, ms. */
  readonly simSilence?: number
}

export interface GuardParts {
  /** Told of each alert that is raised, changes, is acknowledged, or ends (`active: false`). */
  readonly onAlert: (alert: Alert) => void
  readonly clock?: Clock
  readonly state?: GuardState
}

interface Watched {
  zone: string
  label: string
  /** ms of its own clock, and how fast that runs. */
  every: number
  pace: number
  monitors: Map<string, Monitor | undefined>
  /** Points whose limits were changed, and which are still to be judged by the new ones. */
  anew: Set<string>
  presence: Presence
  /** By point, since when an unbroken run of unusable values lasts, monotonic ms. */
  missing: Map<string, number>
  newest: number
  /** When the newest came, monotonic ms. */
  taken: number
}

const TICK = 1_000
/** A tick this late, ms: the process itself was held up, and has yet to read what came meanwhile. */
const HELD_UP = 2_000
/** Readings older than the newest for this long, ms: no backlog, but a clock that was put back. */
const STEPPED = 30_000
/** Of a reading whose own time stands still (gateway/src/conditioning/stale.ts). */
const REPEATED = 'uncertain:stale'
const SIM_SILENCE = 60_000
const SIM = 'sim-silent'

export class Guard implements Disposable {
  #options: GuardOptions
  readonly #clock: Clock
  readonly #alerts: Alerts
  readonly #limits = new Map<string, ZoneLimits>()
  readonly #devices = new Map<string, Watched>()
  /** By alert id, what each device finds; the worst is reported. */
  readonly #findings = new Map<string, Map<string, Finding>>()
  #timer: Timer | undefined
  #ticked = 0
  #simGone: number | undefined = 0
  /** What the clock was put by since the start, ms: limits are judged in a time that runs on. */
  #shift = 0
  /** The habitat's own time: of the newest reading that came, and when it came. */
  #dataTime: { t: number; at: number } | undefined

  constructor(options: GuardOptions, parts: GuardParts) {
    this.#options = options
    this.#clock = parts.clock ?? systemClock
    this.#alerts = new Alerts(this.#clock, parts.onAlert, parts.state)
  }

  /** Begins to watch for silence. sim counts as away until `sim(true)`. */
  start(): void {
    this.#alerts.start()
    for (const [device, watched] of this.#devices) {
      if (this.#alerts.has(alertId(device, 'lost')))
        watched.presence = this.#presence(watched.every, watched.pace, true)
    }
    this.#simGone = this.#clock.mono()
    this.#ticked = this.#clock.mono()
    this.#timer = this.#clock.after(TICK, () => this.#tick())
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel()
  }

  /** Makes a device known, or known anew; from now on it is missed when it is silent. */
  device(info: Pick<DeviceInfo, 'device' | 'zone' | 'label' | 'every' | 'pace'>): void {
    const before = this.#devices.get(info.device)
    if (before && before.zone !== info.zone) this.#withdraw(info.device, before)
    this.#devices.set(info.device, this.#watch(info.zone, info.label, info.every, info.pace ?? 1, before))
  }

  /** Goes by other limits and names from now on. What stands is judged anew by the next reading. */
  settings(options: GuardOptions): void {
    const before = new Map([...this.#devices.values()].map(({ zone }) => [zone, this.#limitsOf(zone)]))
    this.#options = options
    this.#limits.clear()
    for (const [device, watched] of this.#devices) {
      const [old, now] = [before.get(watched.zone) ?? {}, this.#limitsOf(watched.zone)]
      for (const point of [...watched.monitors.keys()]) {
        if (isDeepStrictEqual(old[point], now[point])) continue
        watched.monitors.delete(point)
        if (now[point] === undefined) this.#withdrawPoint(device, watched.zone, point)
        else watched.anew.add(point)
      }
    }
  }

  /** A device is gone on purpose: what it found and its own loss are no alerts any more. */
  forget(device: string): void {
    const watched = this.#devices.get(device)
    if (watched === undefined) return
    this.#withdraw(device, watched)
    this.#devices.delete(device)
    const text = `${watched.label} in ${this.#place(watched.zone)} is no longer used`
    this.#alerts.clear(alertId(device, 'lost'), this.#now(), text)
  }

  /**
   * Judges a reading. One that is older than the newest of its device is left out: it is history.
   * @param t ms, the instrument's time
   * @param values in the unit of each point; null is no value
   * @param quality `bad:…` values do not count, `uncertain:…` ones do
   */
  reading(
    device: string,
    zone: string,
    t: number,
    values: Readonly<Record<string, number | null>>,
    quality?: Readonly<Record<string, string>>,
  ): void {
    if (!Number.isFinite(t)) return
    const now = this.#clock.mono()
    let watched = this.#devices.get(device)
    if (watched?.zone !== zone) {
      if (watched) this.#withdraw(device, watched)
      watched = this.#watch(zone, watched?.label ?? device, watched?.every ?? 0, watched?.pace ?? 0, undefined)
      this.#devices.set(device, watched)
    }
    const lived = watched.pace === 1 ? t - this.#shift : t
    if (lived < watched.newest && !this.#steppedBack(watched, lived, now)) return
    watched.newest = lived
    watched.taken = now
    if (this.#dataTime === undefined) this.#dataTime = { t, at: now }
    else {
      this.#dataTime.t = t
      this.#dataTime.at = now
    }
    let usable = false
    for (const point in values) {
      const value = values[point]
      if (typeof value !== 'number' || !Number.isFinite(value) || quality?.[point]?.startsWith('bad:')) {
        if (!watched.missing.has(point)) watched.missing.set(point, now)
        continue
      }
      // an old value that is repeated is judged like any other, but nobody is there who says it
      if (quality?.[point] !== REPEATED) usable = true
      if (watched.missing.size > 0) watched.missing.delete(point)
      const monitor = this.#monitor(watched, point)
      const beyond = monitor?.take(lived, value) === true
      if (monitor && (beyond || this.#isAnew(watched, point, monitor))) this.#judge(device, watched, point, monitor, t)
      if (monitor && this.#alerts.waiting) this.#reconsider(device, watched, point, monitor, t)
    }
    if (usable) watched.presence.seen(now)
  }

  /** The clock that readings are stamped by was put: what is judged over a while goes on, and alerts say the new time. */
  stepped(ms: number): void {
    this.#shift += ms
    if (this.#dataTime !== undefined) this.#dataTime.t += ms
  }

  /** What the scheduler says of a device. `down` raises its loss at once. */
  health(device: string, health: Pick<DeviceHealth, 'state'>): void {
    const watched = this.#devices.get(device)
    if (watched === undefined) return
    watched.presence.health(health.state === 'down')
    if (health.state === 'down') this.#look(device, watched)
  }

  /** sim has connected, or its connection was lost. */
  sim(connected: boolean): void {
    if (!connected) this.#simGone ??= this.#clock.mono()
    else {
      this.#simGone = undefined
      this.#alerts.clear(SIM, this.#now(), 'The recorder is back')
    }
  }

  /** @returns false where no such alert stands */
  acknowledge(id: string, by: string): boolean {
    return this.#alerts.acknowledge(id, by, this.#now())
  }

  active(): Alert[] {
    return this.#alerts.active()
  }

  /** Raises, or brings up to date, an alert of which somebody else in the gateway judges. */
  raise(id: string, matter: Matter): void {
    this.#alerts.raise(id, this.#now(), matter)
  }

  /** Ends such an alert, where it stands. */
  clear(id: string, text: string): void {
    this.#alerts.clear(id, this.#now(), text)
  }

  #watch(zone: string, label: string, every: number, pace: number, before: Watched | undefined): Watched {
    const same = before?.zone === zone && before.every === every && before.pace === pace
    return {
      zone,
      label,
      every,
      pace,
      monitors: same ? before.monitors : new Map(),
      anew: before?.anew ?? new Set(),
      // a recording that runs as fast as it goes also ends at some time, and nobody misses it
      presence:
        before?.presence ?? new Presence(pace > 0 ? every / pace : Number.POSITIVE_INFINITY, this.#clock.mono()),
      missing: same ? before.missing : new Map(),
      newest: before?.newest ?? Number.NEGATIVE_INFINITY,
      taken: before?.taken ?? 0,
    }
  }

  #presence(every: number, pace: number, lost: boolean): Presence {
    return new Presence(pace > 0 ? every / pace : Number.POSITIVE_INFINITY, this.#clock.mono(), lost)
  }

  #monitor(watched: Watched, point: string): Monitor | undefined {
    const known = watched.monitors.get(point)
    if (known !== undefined || watched.monitors.has(point)) return known
    const limits = this.#limitsOf(watched.zone)[point]
    const monitor = limits && new Monitor(point, limits, watched.every)
    watched.monitors.set(point, monitor)
    return monitor
  }

  #limitsOf(zone: string): ZoneLimits {
    let limits = this.#limits.get(zone)
    if (limits === undefined) {
      const settings = this.#options.zones[zone] ?? { label: zone }
      limits = mergeLimits(defaultLimits(settings, this.#options.pressure), settings.limits ?? {})
      this.#limits.set(zone, limits)
    }
    return limits
  }

  #steppedBack(watched: Watched, t: number, now: number): boolean {
    if (now - watched.taken < Math.max(STEPPED, 3 * watched.every)) return false
    for (const monitor of watched.monitors.values()) monitor?.restart(t)
    return true
  }

  #judge(device: string, watched: Watched, point: string, monitor: Monitor, t: number): void {
    for (const direction of directions) {
      const id = alertId(watched.zone, point, direction)
      const finding = monitor.finding(direction)
      const found = this.#findings.get(id)
      if (finding === undefined && !found?.has(device)) continue
      this.#find(id, device, finding)
      this.#tell(id, watched.zone, point, direction, t)
    }
  }

  /** Ends what stood before a restart, once the device that had found it finds nothing any more. */
  #reconsider(device: string, { zone }: Watched, point: string, monitor: Monitor, t: number): void {
    for (const direction of directions) {
      const id = alertId(zone, point, direction)
      if (this.#alerts.restored(id)?.device !== device) continue
      if (monitor.finding(direction) === undefined && monitor.decided(direction)) {
        this.#tell(id, zone, point, direction, t)
      }
    }
  }

  /** True where what stood under other limits can be judged by the new ones. */
  #isAnew({ anew }: Watched, point: string, monitor: Monitor): boolean {
    return anew.has(point) && directions.every((direction) => monitor.decided(direction)) && anew.delete(point)
  }

  #find(id: string, device: string, finding: Finding | undefined): void {
    let found = this.#findings.get(id)
    if (finding === undefined) {
      found?.delete(device)
      if (found?.size === 0) this.#findings.delete(id)
      return
    }
    if (found === undefined) {
      found = new Map()
      this.#findings.set(id, found)
    }
    found.set(device, finding)
  }

  #tell(id: string, zone: string, point: string, direction: Direction, t: number): void {
    const label = this.#options.zones[zone]?.label ?? zone
    const [device, finding] = worst(this.#findings.get(id)) ?? []
    if (finding === undefined) {
      this.#alerts.clear(id, t, clearText(point, label))
      return
    }
    const { checklist } = this.#limitsOf(zone)[point] ?? {}
    this.#alerts.raise(id, t, {
      level: finding.level,
      zone,
      quantity: point,
      device,
      value: finding.value,
      limit: finding.limit,
      text: limitText(point, label, direction, finding),
      // too much oxygen asks for other steps than too little
      checklist: checklist === 'o2-low' && direction === 'high' ? 'o2-high' : checklist,
    })
  }

  /** Takes back all that a device has found. */
  #withdraw(device: string, { zone, monitors }: Watched): void {
    for (const point of monitors.keys()) this.#withdrawPoint(device, zone, point)
  }

  #withdrawPoint(device: string, zone: string, point: string): void {
    for (const direction of directions) {
      const id = alertId(zone, point, direction)
      if (!this.#findings.get(id)?.has(device)) continue
      this.#find(id, device, undefined)
      this.#tell(id, zone, point, direction, this.#now())
    }
  }

  #tick(): void {
    const now = this.#clock.mono()
    const heldUp = now - this.#ticked > TICK + HELD_UP
    this.#ticked = now
    this.#timer = this.#clock.after(TICK, () => this.#tick())
    if (heldUp) return
    this.#alerts.expire(this.#now())
    for (const [device, watched] of this.#devices) this.#look(device, watched)
    const away = this.#simGone === undefined ? 0 : now - this.#simGone
    if (away < (this.#options.simSilence ?? SIM_SILENCE) || this.#alerts.has(SIM)) return
    this.#alerts.raise(SIM, this.#now(), {
      level: 'caution',
      zone: 'habitat',
      quantity: 'sim',
      value: null,
      limit: null,
      text: `The recorder has been away for ${span(away)}; the gateway keeps what it cannot take`,
      checklist: 'sim-silent',
    })
  }

  /** Whether a device, or one of its points that has a limit, is missed. */
  #look(device: string, watched: Watched): void {
    const now = this.#clock.mono()
    const { presence, label, zone } = watched
    const id = alertId(device, 'lost')
    const who = `${label} in ${this.#place(zone)}`
    const lost = presence.lost(now)
    const blind = lost ? undefined : this.#blind(watched, now)
    if (!lost && blind === undefined) {
      this.#alerts.clear(id, this.#now(), `${who} is back`)
      return
    }
    const text = presence.down
      ? `${who} does not answer`
      : lost
        ? watched.newest > Number.NEGATIVE_INFINITY && now - watched.taken <= presence.deadline
          ? `${who} gives no usable value`
          : `${who} has given no reading for ${span(presence.deadline)}`
        : `${who} gives no usable ${blind}`
    this.#alerts.raise(id, this.#now(), {
      level: 'caution',
      zone,
      quantity: 'device',
      device,
      value: null,
      limit: null,
      text,
      checklist: 'sensor-loss',
    })
  }

  /** A point that has limits and has had no usable value for too long, though the device speaks. */
  #blind(watched: Watched, now: number): string | undefined {
    for (const [point, since] of watched.missing) {
      if (now - since > watched.presence.deadline && this.#monitor(watched, point)) return pointInfo(point).label
    }
    return undefined
  }

  #place(zone: string): string {
    return place(this.#options.zones[zone]?.label ?? zone)
  }

  /** The habitat's time: what the newest reading says, and what has passed since; without one, the machine's. */
  #now(): number {
    const data = this.#dataTime
    return data === undefined ? this.#clock.now() : Math.round(data.t + (this.#clock.mono() - data.at))
  }
}

function worst(found: ReadonlyMap<string, Finding> | undefined): [string, Finding] | undefined {
  let most: [string, Finding] | undefined
  for (const entry of found ?? []) {
    if (most === undefined || rank(entry[1].level) < rank(most[1].level)) most = entry
  }
  return most
}
