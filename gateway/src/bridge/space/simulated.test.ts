import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Emergency, HabtwinError, type LinkPlan } from '@habtwin/contract'
import { silentLog } from '@habtwin/runtime'
import { TestClock } from '@habtwin/runtime/clock'
import type { Channel, ChannelEvents, ChannelWords, Done, Message } from '../channel.ts'
import { SimulatedChannel } from './simulated.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const begin = Date.UTC(2026, 10, 20, 12)

/** A network that a test cuts, and the broker beyond it. */
class Wire implements Channel {
  up = true
  readonly delay = 0
  readonly reason = undefined
  readonly unlimited = false
  readonly keeps = false
  readonly arrived: { topic: string; text: string; at: number }[] = []
  events: ChannelEvents | undefined
  /** Where it is set, the broker does not acknowledge. */
  deaf = false
  refuses: string | undefined
  #unanswered: Done[] = []
  readonly #clock: TestClock

  constructor(clock: TestClock) {
    this.#clock = clock
  }

  get open() {
    return this.up
  }

  words(): ChannelWords {
    return { delay: 0, simulated: false }
  }

  start(events: ChannelEvents) {
    this.events = events
  }

  send({ topic, payload }: Message, done: Done) {
    if (!this.up) return queueMicrotask(() => done(new HabtwinError('link/unavailable', 'cut')))
    if (topic === this.refuses)
      return queueMicrotask(() => done(new HabtwinError('request/forbidden', 'not this topic')))
    this.arrived.push({ topic, text: payload.toString(), at: this.#clock.mono() })
    if (this.deaf) this.#unanswered.push(done)
    else queueMicrotask(() => done())
  }

  cut() {
    this.up = false
    for (const done of this.#unanswered.splice(0)) done(new HabtwinError('link/unavailable', 'cut'))
    this.events?.onChange()
  }

  mend() {
    this.up = true
    this.events?.onChange()
  }

  renew() {}
  hold() {}
  async [Symbol.asyncDispose]() {}
}

function rig(
  plan: LinkPlan,
  {
    memory,
    kept = new Map<string, string>(),
    clock = new TestClock(begin),
  }: { memory?: number; kept?: Map<string, string>; clock?: TestClock } = {},
) {
  // biome-ignore format: one line
  const wire = new Wire(clock)
  let emergency: Emergency | undefined
  const received: { topic: string; text: string; at: number }[] = []
  const done: string[] = []
  let changes = 0
  const channel = new SimulatedChannel({
    ...{ inner: wire, clock, plan, log: silentLog() },
    emergency: () => emergency,
    state: { load: () => kept.get('in'), save: (text) => kept.set('in', text) },
    ...(memory === undefined ? {} : { memory }),
  })
  channel.start({
    onChange: () => changes++,
    onReceive: ({ topic, payload }) => received.push({ topic, text: payload.toString(), at: clock.mono() }),
  })
  return {
    ...{ channel, wire, clock, received, done, kept },
    send: (topic: string, text = '') =>
      channel.send({ topic, payload: text, retain: false }, (error) => done.push(error?.message ?? text)),
    hear: (topic: string, text = '') => wire.events?.onReceive({ topic, payload: Buffer.from(text), retain: false }),
    switch(on: boolean) {
      emergency = on ? { by: 'ada', since: clock.now() } : undefined
      channel.switched()
    },
    texts: () => wire.arrived.map(({ text }) => text),
    changes: () => changes,
  }
}

test('what is sent is there after the delay, in its order, and only then done', async () => {
  const { send, clock, wire, done, texts } = rig({ delay: 20 * MINUTE })
  send('event/a', '1')
  await clock.advance(5 * MINUTE)
  send('event/b', '2')
  await clock.advance(15 * MINUTE - 1)
  assert.deepEqual([texts(), done], [[], []])
  await clock.advance(1)
  assert.deepEqual([texts(), done], [['1'], ['1']])
  await clock.advance(5 * MINUTE)
  assert.deepEqual(
    wire.arrived.map(({ at, text }) => [text, at]),
    [
      ['1', 20 * MINUTE],
      ['2', 25 * MINUTE],
    ],
  )
})

test('thousands under way are packed, and come out as they went in', async () => {
  const { send, clock, channel, texts, done } = rig({ delay: 20 * MINUTE })
  const all = Array.from({ length: 3_000 }, (_, i) => JSON.stringify({ journal: 'a'.repeat(32), seq: i, t: begin + i * 100, values: { co2: 800 + (i % 50) } })) // biome-ignore format: one line
  for (const text of all) send('device/x/reading', text)
  const plain = all.reduce((sum, text) => sum + text.length, 0)
  assert.ok(channel.words().delay === 20 * MINUTE && channel.underWay.out === 3_000)
  assert.ok(channel.open)
  await clock.advance(20 * MINUTE)
  assert.deepEqual(texts(), all)
  assert.deepEqual(done, all)
  assert.ok(plain > 200_000)
})

test('packed messages keep the bound of memory far away, and at the bound the channel closes until some have arrived', async () => {
  const { send, clock, channel, texts } = rig({ delay: 20 * MINUTE }, { memory: 200_000 })
  let sent = 0
  while (channel.open) send('event/a', `${sent++} ${'x'.repeat(500)}`)
  assert.ok(sent > 200 && sent < 2_000, `${sent} messages were taken`)
  await clock.advance(20 * MINUTE)
  assert.equal(texts().length, sent)
  assert.ok(channel.open)
})

test('safety messages, the switch and how the link stands pass by, both ways', async () => {
  const { send, hear, clock, texts, received } = rig({ delay: 20 * MINUTE, contacts: { epoch: begin, period: 24 * HOUR, windows: [[HOUR, 2 * HOUR]] } }) // biome-ignore format: one line
  send('event/a', 'slow')
  for (const topic of ['safety/1', 'link/earth', 'result/link/7']) send(topic, topic)
  for (const topic of ['command/heater/state', 'safety/2', 'command/link/emergency']) hear(topic, topic)
  await clock.advance(1)
  assert.deepEqual(texts(), ['safety/1', 'link/earth', 'result/link/7'])
  assert.deepEqual(
    received.map(({ topic }) => topic),
    ['safety/2', 'command/link/emergency'],
  )
})

test('out of contact the channel is closed, and what was under way when the contact ended arrives', async () => {
  const contacts = { epoch: begin, period: 24 * HOUR, windows: [[0, HOUR] as [number, number]] }
  const { send, clock, channel, texts, changes } = rig({ delay: 20 * MINUTE, contacts })
  assert.deepEqual([channel.up, channel.open], [true, true])
  await clock.advance(59 * MINUTE)
  send('event/a', 'last')
  const before = changes()
  await clock.advance(MINUTE)
  assert.deepEqual([channel.up, channel.open], [true, false])
  assert.equal(changes(), before + 1)
  const { contact, next } = channel.words()
  assert.deepEqual([contact?.open, contact?.to, next?.from], [false, begin + HOUR, begin + 24 * HOUR])
  await clock.advance(19 * MINUTE)
  assert.deepEqual(texts(), ['last'])
  clock.step(22 * HOUR + 41 * MINUTE)
  await clock.advance(5_000)
  assert.deepEqual([channel.open, channel.words().contact?.open], [true, true])
})

test('a command takes the delay, and waits for contact when it is here', async () => {
  const contacts = { epoch: begin, period: 24 * HOUR, windows: [[HOUR, 2 * HOUR] as [number, number]] }
  const { hear, clock, received } = rig({ delay: 20 * MINUTE, contacts })
  hear('command/heater/state', '1')
  await clock.advance(50 * MINUTE)
  hear('command/heater/state', '2')
  await clock.advance(10 * MINUTE - 1)
  assert.deepEqual(received, [])
  await clock.advance(1)
  assert.deepEqual(
    received.map(({ text }) => text),
    ['1'],
  )
  await clock.advance(10 * MINUTE)
  assert.deepEqual(
    received.map(({ text, at }) => [text, at]),
    [
      ['1', HOUR],
      ['2', 70 * MINUTE],
    ],
  )
})

test('in an emergency all that is under way arrives at once, and nothing is delayed until it ends', async () => {
  const contacts = { epoch: begin, period: 24 * HOUR, windows: [[0, HOUR] as [number, number]] }
  const r = rig({ delay: 20 * MINUTE, contacts })
  for (let i = 0; i < 600; i++) r.send('event/a', String(i))
  r.hear('command/heater/state', 'on')
  await r.clock.advance(2 * HOUR - 25 * MINUTE)
  r.hear('command/heater/state', 'off')
  r.wire.arrived.splice(0)
  assert.equal(r.channel.open, false)
  r.switch(true)
  r.send('event/a', 'after')
  await r.clock.advance(1)
  assert.deepEqual([r.texts(), r.received.at(-1)?.text], [['after'], 'off'])
  const { delay, emergency } = r.channel.words()
  assert.deepEqual([r.channel.open, r.channel.unlimited, delay, emergency?.by], [true, true, 0, 'ada'])
  r.switch(false)
  assert.deepEqual([r.channel.open, r.channel.words().delay], [false, 20 * MINUTE])
})

test('an emergency lets many go in their order, those that follow behind them', async () => {
  const r = rig({ delay: 20 * MINUTE })
  for (let i = 0; i < 2_000; i++) r.send('event/a', String(i))
  await r.clock.advance(MINUTE)
  r.switch(true)
  for (let i = 2_000; i < 2_010; i++) r.send('event/a', String(i))
  await r.clock.advance(1)
  assert.deepEqual(
    r.texts(),
    Array.from({ length: 2_010 }, (_, i) => String(i)),
  )
})

test('while the network is down nothing is lost of what is under way, and it has not to wait again', async () => {
  const r = rig({ delay: 20 * MINUTE })
  r.send('event/a', '1')
  r.send('event/a', '2')
  await r.clock.advance(10 * MINUTE)
  r.wire.cut()
  r.send('event/a', 'not taken')
  await r.clock.advance(1)
  assert.deepEqual(r.done, ['the other broker is not connected'])
  await r.clock.advance(30 * MINUTE)
  r.wire.mend()
  await r.clock.advance(1)
  assert.deepEqual([r.texts(), r.done.slice(1)], [['1', '2'], ['1', '2']]) // biome-ignore format: one line
})

test('what the network took but the broker did not acknowledge before a cut goes again, in order', async () => {
  const r = rig({ delay: MINUTE })
  r.wire.deaf = true
  for (const text of ['1', '2', '3']) r.send('event/a', text)
  await r.clock.advance(MINUTE)
  r.wire.cut()
  r.wire.deaf = false
  r.wire.mend()
  await r.clock.advance(1)
  assert.deepEqual([r.texts(), r.done], [['1', '2', '3', '1', '2', '3'], ['1', '2', '3']]) // biome-ignore format: one line
})

test('what the other side refuses is not tried for ever', async () => {
  const r = rig({ delay: MINUTE })
  r.wire.refuses = 'event/a'
  r.send('event/a', '1')
  r.send('event/b', '2')
  await r.clock.advance(2 * MINUTE)
  assert.deepEqual([r.done, r.texts()], [['not this topic', '2'], ['2']])
})

test('a clock that is put on or back releases nothing early and holds nothing longer', async () => {
  const r = rig({ delay: 20 * MINUTE })
  r.send('event/a', '1')
  r.hear('command/heater/state', 'on')
  r.clock.step(400 * 24 * HOUR)
  await r.clock.advance(20 * MINUTE - 1)
  assert.deepEqual([r.texts(), r.received], [[], []])
  r.clock.step(-800 * 24 * HOUR)
  await r.clock.advance(1)
  assert.deepEqual([r.texts(), r.received.map(({ text }) => text)], [['1'], ['on']])
})

test('with the delay of Mars a message takes the light time of the moment', async () => {
  const r = rig({ delay: 'mars' })
  r.send('event/a', '1')
  const { delay } = r.channel
  assert.ok(delay > 3 * MINUTE && delay < 23 * MINUTE)
  await r.clock.advance(delay - 1)
  assert.deepEqual(r.texts(), [])
  await r.clock.advance(1)
  assert.deepEqual(r.texts(), ['1'])
})

test('a command that was under way to here when the process was killed arrives after its restart, when it was due', async () => {
  const first = rig({ delay: 20 * MINUTE })
  first.hear('command/heater/state', 'on')
  await first.clock.advance(5 * MINUTE)
  // nobody ends the first one: it is killed
  const again = rig({ delay: 20 * MINUTE }, { kept: new Map(first.kept), clock: new TestClock(first.clock.now()) })
  await again.clock.advance(15 * MINUTE - 1)
  assert.deepEqual(again.received, [])
  await again.clock.advance(1)
  assert.deepEqual(
    again.received.map(({ topic, text }) => [topic, text]),
    [['command/heater/state', 'on']],
  )
  const third = rig({ delay: 20 * MINUTE }, { kept: again.kept, clock: again.clock })
  await again.clock.advance(HOUR)
  assert.deepEqual(third.received, [])
})

test('a command is not held longer than the delay after a restart with a clock that was put back', async () => {
  const first = rig({ delay: 20 * MINUTE })
  first.hear('command/heater/state', 'on')
  const again = rig({ delay: 20 * MINUTE }, { kept: first.kept, clock: new TestClock(begin - 24 * HOUR) })
  await again.clock.advance(20 * MINUTE)
  assert.equal(again.received.length, 1)
})

test('marks that say the same anew take no room of their own, and a flood from afar is bounded', async () => {
  const r = rig({ delay: 20 * MINUTE })
  for (let i = 0; i < 1_000; i++) {
    r.hear('mark/earth/j', String(i))
    await r.clock.advance(10)
  }
  assert.ok(r.channel.underWay.in <= 11, `${r.channel.underWay.in} marks`)
  for (let i = 0; i < 10_000; i++) r.hear('command/heater/state', String(i))
  assert.ok(r.channel.underWay.in <= 5_000)
  assert.ok((r.kept.get('in') ?? '').length < 20_000)
  await r.clock.advance(20 * MINUTE)
  assert.deepEqual(
    [r.received[0]?.text, r.received.find(({ topic }) => topic.startsWith('command'))?.text],
    ['99', '0'],
  )
})

test('closed, it sets no timer any more', async () => {
  const r = rig({ delay: 20 * MINUTE })
  r.send('event/a', '1')
  await r.channel[Symbol.asyncDispose]()
  assert.equal(r.clock.pending, 0)
})
