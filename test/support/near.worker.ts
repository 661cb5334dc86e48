/**
 * A gateway's journal and bridges as a process of their own, which may be killed: run by `near.ts`. What it is told by
 * lines on its standard input it does, and answers each with a line.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Broker } from '@habtwin/broker'
import { topic, wire } from '@habtwin/contract'
import { Bridges, bridgeConsumers } from '@habtwin/gateway/bridge/index'
import { Space } from '@habtwin/gateway/bridge/space/index'
import { Journal, SqliteDisk, Tail } from '@habtwin/gateway/journal/index'
import { parseConfig, silentLog, systemClock } from '@habtwin/runtime'

const [folder = '', text = '', memory] = process.argv.slice(2)
const config = parseConfig(text, 'near.yaml', [], process.env)
const habitat = config.habitat.id
const clock = systemClock
const log = silentLog()
mkdirSync(folder, { recursive: true })

const disk = SqliteDisk.open(join(folder, 'gateway'))
const broker = new Broker({ habitat }, { clock })
const retain = (relative: string, payload: string) =>
  broker.publishFast(wire(habitat, relative), payload, true, () => undefined)
const commands: string[] = []
const journal = new Journal({
  ...{ disk, clock, log, retain },
  consumers: [],
  bridges: bridgeConsumers(config),
  tail: memory === 'none' ? undefined : Tail.open(folder, log),
  limits: config.journal,
  onEntry: (entry, live) => bridges.offer(entry, live),
})
const space = new Space({
  ...{ clock, log, journal, mission: config.mission, virtual: false, refused: () => undefined },
  send: (relative, payload) => broker.publishFast(wire(habitat, relative), payload, false, () => undefined),
  state: (name) => ({ load: () => disk.loadState(name), save: (text) => disk.saveState(name, text) }),
})
const bridges = new Bridges({
  ...{ config, node: 'node', broker, journal, clock, log, retain },
  onCommand: (_bridge, device, point, payload) => commands.push(`${device}/${point} ${payload}`),
  onSafety: (_bridge, relative, payload) => commands.push(`${relative} ${payload}`),
  through: space.through,
})
await broker.start()
journal.start()
const ending = new AbortController()
const running = Promise.all(bridges.names.map((name) => bridges.run(name, ending.signal)))
setInterval(() => journal.tick(), 250)

/** Counts of readings by device. */
const counts = new Map<string, number>()
let flow: NodeJS.Timeout | undefined

/** When each device was read last, ms: of what is counted no two of one device at the same moment. */
const times = new Map<string, number>()

function take(count: number, devices: number, live: boolean, from?: number): void {
  for (let i = 0; i < count; i++) {
    const device = `air-${(from === undefined ? i : from + i) % devices}`
    const n = (counts.get(device) ?? 0) + 1
    counts.set(device, n)
    const t = from === undefined ? Date.now() : Math.max(Date.now(), (times.get(device) ?? 0) + 1)
    if (from !== undefined) times.set(device, t)
    const co2 = from === undefined ? 400 + n / 10 : from + i
    journal.append(topic.reading(device), { n, t, values: { co2 } }, live)
  }
}

type Told = {
  do: string
  count: number
  devices: number
  live: boolean
  every: number
  topic: string
  body: object
  payload: string
  from?: number
}
const actions: Record<string, (told: Told) => unknown> = {
  take({ count, devices, live, from }) {
    take(count, devices, live, from)
  },
  /** So many readings each so many ms, until told otherwise. */
  flow({ count, devices, every }) {
    clearInterval(flow)
    if (count > 0) flow = setInterval(() => take(count, devices, true), every)
  },
  append: ({ topic: relative, body }) => journal.append(relative, body),
  retain: ({ topic: relative, payload }) => retain(relative, payload),
  commands: () => commands,
  state: () => ({
    ...{ id: journal.id, next: journal.next, bytes: journal.bytes, lost: journal.counts.lost },
    spilled: journal.counts.spilled,
    bridges: bridges.states(),
    rss: process.memoryUsage.rss(),
  }),
  async stop() {
    clearInterval(flow)
    ending.abort()
    await running
    await bridges[Symbol.asyncDispose]()
    journal.close()
    disk[Symbol.dispose]()
    setImmediate(() => process.exit(0))
  },
}

createInterface({ input: process.stdin }).on('line', async (line) => {
  const told = JSON.parse(line) as Told
  const said = await actions[told.do]?.(told)
  process.stdout.write(`${JSON.stringify(said ?? null)}\n`)
})
process.stdout.write(`${JSON.stringify(journal.id)}\n`)
