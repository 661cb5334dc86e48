/**
 * The gateway process:
 *
 *   scheduler ─► conditioning ─► intake ─► journal ─► outlet ─► broker ─► whoever listens
 *                                  │          ▲ │        └── skipped ──► resender ─► recorder
 *                                  └─► guard ─┘ └► bridges ─► far away    marks ◄───────┘
 */
import { join } from 'node:path'
import { Broker } from '@habtwin/broker'
import { type Alert, HabtwinError, topic, wire } from '@habtwin/contract'
import {
  aborted,
  aboutOf,
  type Clock,
  type Config,
  ConfigWatch,
  type DataFolder,
  everyInterval,
  type Log,
  lockFolder,
  Supervisor,
  Throttle,
  type WrittenConfig,
} from '@habtwin/runtime'
import { AuditLog } from '@habtwin/runtime/audit/log'
import { backfill, remember, wasInterrupted } from './backfill.ts'
import { Bridges, bridgeConsumers } from './bridge/index.ts'
import { Space } from './bridge/space/index.ts'
import { brokerOptions } from './broker-options.ts'
import { Clients, TELL } from './clients.ts'
import { clockMetrics, Evidence, expiryBy, HouseClock, thisMachine } from './clock/index.ts'
import type { From } from './commands/afar.ts'
import { Commands } from './commands/commands.ts'
import { Controls } from './commands/controls.ts'
import { policiesOf } from './commands/policies.ts'
import { Conditioning } from './conditioning/index.ts'
import { describe, Presence } from './devices.ts'
import { openDoors } from './doors.ts'
import type { Instrument } from './drivers/driver.ts'
import { Fleet, type FleetMember } from './drivers/fleet.ts'
import { eventsInto } from './events.ts'
import { Guard } from './guard/index.ts'
import { listenToBroker, RECORDER } from './heard.ts'
import { bootId, nodeId } from './identity.ts'
import { intake } from './intake.ts'
import { Journal, Outlet, Places, Resender, SqliteDisk, Tail } from './journal/index.ts'
import { LossAlarm } from './loss-alarm.ts'
import { gatewayMetrics } from './metrics.ts'
import { Inbox } from './outside/inbox.ts'
import { Publishing } from './publishing.ts'
import { Applier, conditionedDevice, guardSettings, labelled, told, used } from './reload/apply.ts'
import { Reload } from './reload/reload.ts'
import { Scheduler, type Stamped } from './scheduler/scheduler.ts'
import { namesOf } from './tls.ts'
import { openUsers } from './users.ts'

export interface GatewayOptions {
  readonly config: Config
  readonly folder: DataFolder
  /** The machine's. */
  readonly clock: Clock
  readonly log: Log
  readonly version: string
  /** Where the configuration came from, where it is to be followed when it changes. */
  readonly source?: FollowedSource
  /** Told once, when the listeners are open. */
  readonly onReady?: (addresses: Record<string, string | undefined>) => void
}

export interface FollowedSource {
  readonly file: string
  readonly began: WrittenConfig
  /** Throws a ConfigError with every fault. */
  readonly parse: (text: string) => WrittenConfig
  /** Called with what looks at the file at once, as for SIGHUP. */
  readonly onLook?: (look: () => void) => void
}

/** Devices with one interval are asked in turn over so many ms, not all at once. */
const SPREAD = 250

/**
 * Runs the gateway until the signal is aborted.
 * @throws HabtwinError data/locked, data/unusable, config/*; or the bug that ended it
 */
export async function runGateway(
  { config, folder, clock: machineClock, log, version, source, onReady }: GatewayOptions,
  signal: AbortSignal,
): Promise<void> {
  const ended = Promise.withResolvers<void>()
  using _lock = lockFolder(folder.gateway)
  using disk = SqliteDisk.open(folder.gateway)
  const state = {
    load: (name: string) => disk.loadState(name),
    save: (name: string, text: string) => disk.saveState(name, text),
  }
  // how far they said that they were must not be durable before what they said
  const places = new Places({ disk, journal: () => journal })
  const hook = (name: string) => ({ load: () => state.load(name), save: (text: string) => state.save(name, text) })
  const anew = wasInterrupted(state)
  let stepped: (ms: number) => void = () => undefined
  const clock = new HouseClock({
    clock: machineClock,
    log,
    machine: thisMachine(),
    evidence: new Evidence({ files: config.clock.evidence }),
    sync: config.clock.sync,
    state: hook('clock'),
    onState: () => publishing.online(),
    onBoots: (boots) => {
      for (const boot of boots) retain(topic.clock(node, boot.boot), JSON.stringify(boot))
    },
    onStep: (ms) => stepped(ms),
  })
  clock.start()
  const throttle = new Throttle(clock, (kind, count, detail) => log.warn({ count, detail }, kind))

  const conditioning = new Conditioning(clock, config.habitat.pressure)
  const inbox = new Inbox({
    clock,
    journal: () => journal,
    report: (error) => throttle.hit(error.message, { code: error.code, where: error.where }),
  })
  await using fleet = await Fleet.load({
    clock,
    habitat: { ...config.habitat, zones: config.zones },
    buses: config.buses,
    devices: used(config),
    state: (name) => ({
      load: () => (anew && name.startsWith('bus/') ? undefined : places.load(name)),
      save: (text) => places.save(name, text),
    }),
    nearby: (zone, point) => conditioning.nearby(zone, point),
    inbox,
    report: (error) => throttle.hit(error.message, { code: error.code, where: error.where }),
  })
  for (const member of fleet.members) conditioning.device(conditionedDevice(member, config))
  const { id: habitat } = config.habitat
  const node = nodeId()
  using users = await openUsers({
    ...{ folder: folder.access, clock, log, limits: config.access, simulated: config.simulated },
    audit: (note) => audit.append(note),
  })
  await using broker = new Broker(
    {
      ...brokerOptions(config, namesOf(config)),
      habitat,
      sockets: folder.sockets,
      demo: disturbable(config, fleet.members),
      folder: join(folder.gateway, 'broker'),
    },
    { clock, log, access: users.access, refused: users.refused },
  )

  const publishing = new Publishing({
    ...{ broker, habitat, node },
    about: () => ({
      ...{ t: clock.now(), version, boot: bootId(), journal: journal.id, clock: clock.state },
      mqtt: broker.address('tcp'),
      ...(reload ? { config: reload.status } : {}),
    }),
  })
  const { retain, send } = publishing
  const bridged = bridgeConsumers(config)
  using tail = bridged.length === 0 ? undefined : Tail.open(folder.gateway, log)
  const journal = new Journal({
    ...{ disk, clock, log, tail },
    consumers: [RECORDER],
    bridges: bridged,
    limits: config.journal,
    retain,
    onEntry: (entry, live) => bridges.offer(entry, live),
    onLost: (count) => lossAlarm.lost(count),
  })
  const resender = new Resender(journal, clock, send)
  const outlet = new Outlet(publishing.publish, (seq) => journal.skipped(seq))
  const presence = new Presence(retain)
  using audit = AuditLog.open({
    folder: join(folder.gateway, 'audit'),
    node,
    habitat,
    clock,
    log,
    state,
    onHead: (head) => retain(topic.audit(node), JSON.stringify(head)),
  })
  audit.append({ kind: 'start', version, boot: bootId(), journal: journal.id })
  if (audit.head) retain(topic.audit(node), JSON.stringify(audit.head))

  const onAlert = (alert: Alert) => publishing.alert(alert, journal)
  const lossAlarm = new LossAlarm(clock, onAlert)
  using guard = new Guard(guardSettings(config, config), { onAlert, clock, state: hook('guard') })
  stepped = (ms) => guard.stepped(ms)
  const members = new Map(fleet.members.map((member) => [member.id, member]))
  const patient = new Set(fleet.members.filter((member) => member.pace !== 1).map((member) => member.id))
  const taken = intake({
    journal,
    outlet,
    patient,
    judge: (device, { t, values, quality }) => {
      guard.reading(device, members.get(device)?.zone ?? '', t, values, quality)
      controls.reading(device, values, quality)
    },
  })
  const take = (device: string, sample: Stamped, { late }: { readonly late: boolean }) =>
    taken(device, sample, conditioning.take(device, sample, late))
  const instruments = new Map<string, Instrument>()
  const opened = Promise.withResolvers<void>()
  const scheduler = new Scheduler({
    clock,
    devices: fleet.members,
    spread: SPREAD,
    sink: {
      onSample: take,
      onHealth(device, health) {
        presence.health(device, health)
        // a recording that has come to its end is not missed
        if (health.state === 'ok' && health.reason !== undefined) guard.forget(device)
        else guard.health(device, health)
      },
      onOpen(device, instrument) {
        instruments.set(device, instrument)
        conditioning.opened(device)
        if (instruments.size === members.size) opened.resolve()
      },
    },
  })
  const controls = new Controls({
    clock,
    log,
    state,
    write: (device, point, value) => scheduler.write(device, point, value),
    audit: (note) => audit.append(note),
    alarm: guard,
    tell: (device, point, stands) =>
      retain(topic.control(device, point), stands === undefined ? '' : JSON.stringify(stands)),
    failed: (error) => ended.reject(error),
  })
  const policies = policiesOf(config, fleet.members)
  controls.configure(
    policies,
    fleet.members.map((member) => labelled(member, config)),
  )
  const space = new Space({
    ...{ clock, log, journal, send, mission: config.mission, state: hook, virtual: config.simulated },
    refused: (why) => throttle.hit(why, {}),
  })
  const commands = new Commands({
    clock,
    due: expiryBy(clock, machineClock),
    log,
    state,
    write: (device, point, value, before) => scheduler.write(device, point, value, before),
    controls,
    audit: (note) => audit.append(note),
    own: {
      guard: (point, { value, by }) => {
        if (point !== 'acknowledge' || !guard.acknowledge(String(value), by))
          throw new HabtwinError('command/refused', `there is no active alert ${value}`)
        return value
      },
      recorder: (point, { value }) => {
        if (point !== 'adopt') throw new HabtwinError('command/refused', 'a recorder can only be adopted')
        journal.adopt(RECORDER, String(value))
        return value
      },
      journal: eventsInto({ journal, send }),
      ...space.own,
    },
    result: (relative, body) => publishing.once(relative, body, journal),
    waits: (id, one) => retain(topic.confirm(id), one === undefined ? '' : JSON.stringify(one)),
  })

  await using supervisor = new Supervisor(clock, log, (error) => ended.reject(error))
  const obey = (device: string, point: string, payload: Buffer, sender: From | undefined) => {
    // sim obeys, or tells who logged in there: both are only to be known of. From afar neither is asked for
    if (sender?.bridge === undefined && (device === 'twin' || device === 'access'))
      return commands.overheard(device, point, payload, sender)
    supervisor.run(`command to ${device}`, () => commands.handle(device, point, payload, sender))
  }
  broker.acceptBy(inbox.at(wire(habitat, 'in/')))
  const bridges = new Bridges({
    ...{ config, node, broker, journal, clock, log, retain },
    onCommand(bridge, device, point, payload) {
      const { confirm } = config.bridges[bridge] ?? {}
      obey(device, point, payload, { role: 'mission-control', clientId: bridge, bridge, ...(confirm === undefined ? {} : { confirm }) }) // biome-ignore format: one thought
    },
    onSafety: (_bridge, relative, payload) => space.safety.received(relative, payload),
    through: space.through,
    cut: () => space.cut.is,
  })
  listenToBroker({
    ...{ broker, habitat, journal, resender, throttle },
    onCommand: obey,
    onSafety: (relative, payload, role) => space.safety.heard(relative, payload, role),
    onRecorder: (there) => guard.sim(there),
  })

  journal.start()
  commands.start()
  for (const member of fleet.members) guard.device(describe(member, config, node))
  guard.start()
  presence.announce(fleet.members.map((member) => told(member, config, node, policies)))
  retain(topic.about, JSON.stringify(aboutOf(config)))
  const applier = new Applier({
    ...{ fleet, scheduler, guard, conditioning, controls, presence, node, began: config },
    changed(present, gone, changed) {
      retain(topic.about, JSON.stringify(aboutOf(changed)))
      for (const id of gone) {
        members.delete(id)
        instruments.delete(id)
        patient.delete(id)
      }
      for (const member of present) {
        members.set(member.id, member)
        if (member.pace === 1) patient.delete(member.id)
        else patient.add(member.id)
      }
      broker.disturbable(disturbable(changed, present))
      if (instruments.size >= members.size) opened.resolve()
    },
  })
  const reload =
    source &&
    new Reload({
      ...{ clock, log, file: source.file, began: source.began, parse: source.parse },
      apply: (changed) => applier.apply(changed),
      audit: (note) => audit.append(note),
      tell: () => publishing.online(),
    })
  clock.attach(journal)

  const counted = {
    ...{ broker, inbox, journal, outlet, resender },
    tallies: () => scheduler.tallies(),
    airTimes: () => scheduler.airTimes(),
    conditioned: () => conditioning.tallies(),
  }
  openDoors({
    ...{ config, folder, clock, log, broker, users, supervisor, onReady },
    onOpen: () => publishing.online(),
    metrics: () => [
      ...gatewayMetrics(counted),
      ...clockMetrics(clock),
      ...bridges.metrics(),
      ['habtwin_config_faults', 'Faults of the changed configuration', 'gauge', reload?.faults ?? 0],
      ['habtwin_commands_waiting', 'Commands from afar that wait for the crew', 'gauge', commands.waiting],
      ['habtwin_audit_waiting', 'Entries of the audit log that the disk has not taken', 'gauge', audit.waiting],
    ],
  })
  const clients = new Clients(broker, clock, (told) => retain(topic.clients(node), JSON.stringify(told)))
  supervisor.run('clients', (until) => everyInterval(clock, TELL, until, () => clients.tick()))
  supervisor.run('journal', (until) =>
    everyInterval(clock, config.journal.tick / 4, until, () => {
      journal.tick()
      places.tick()
      resender.poll()
      lossAlarm.tick()
    }),
  )
  if (source && reload) {
    supervisor.run('configuration', async (until) => {
      const { file, began, onLook } = source
      using watch = new ConfigWatch({
        ...{ file, text: began.text, clock, log },
        onChange: (text) => void reload.take(text).catch(ended.reject),
      })
      onLook?.(() => watch.look())
      watch.start()
      await aborted(until)
    })
  }
  for (const name of bridges.names) supervisor.run(`bridge ${name}`, (until) => bridges.run(name, until))
  supervisor.run('clock', (until) => clock.run(until))
  supervisor.run('controls', (until) =>
    everyInterval(clock, 1_000, until, () => {
      controls.tick()
      commands.tick()
      audit.flush()
    }),
  )
  supervisor.run('scheduler', (until) => scheduler.run(until))
  supervisor.run('backfill', async (until) => {
    await Promise.race([opened.promise, aborted(until)])
    const remembering = [...instruments.values()].some((instrument) => instrument.history !== undefined)
    if (!remembering || until.aborted) return
    const parts = {
      clock,
      state,
      take: (device: string, sample: Stamped) => take(device, sample, { late: true }),
    }
    const count = await backfill(instruments, parts, until)
    if (count > 0) log.info({ readings: count }, 'filled in what the instruments remember from before')
    if (until.aborted) return
    await remember(parts, until)
  })

  const stop = () => ended.resolve()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    await ended.promise
  } finally {
    signal.removeEventListener('abort', stop)
    journal.ending()
    await supervisor[Symbol.asyncDispose]()
    await bridges[Symbol.asyncDispose]()
    journal.close()
    places.tick()
    await publishing.offline()
  }
}

/** Devices that anybody at this machine may disturb: those of a habitat that is simulated as a whole. */
function disturbable({ simulated }: Config, members: readonly FleetMember[]): string[] | undefined {
  return simulated ? members.flatMap((member) => (member.simulated ? [member.id] : [])) : undefined
}
