/**
 * What goes next:
 *
 *   at once (real time) ─► urgent ─► descriptions ─► live │ state │ backlog
 *
 * Real time passes every limit but the link's own. What is urgent goes before all the rest, and what readings are of before
 * these: a habtwin cannot store what it does not know. Live readings go before
 * state and backlog, but leave each of those a tenth, so that a link that is too narrow for all that is live still tells
 * what the readings are of, and is some day up to date.
 */
import { isRealTime } from '@habtwin/contract'
import { type Entry, type Journal, resendBody } from '../journal/index.ts'
import type { Message } from './channel.ts'
import type { Ledger } from './ledger.ts'
import type { Live } from './live.ts'
import { States } from './states.ts'

export type Lane = 'urgent' | 'live' | 'state' | 'backlog'

/** Something to be sent, and what becomes of it. */
export interface Item extends Message {
  readonly lane: Lane
  /** Journal entries in it. */
  readonly entries: number
  /** The other broker has acknowledged it, or will not have got it. */
  arrived(): void
  failed(): void
}

export interface LanesParts {
  readonly journal: Pick<Journal, 'id' | 'read'>
  readonly name: string
  readonly ledger: Ledger
  readonly live: Live
  /** True where what is acknowledged is not yet done: a habtwin is there, which sends marks. */
  readonly marks: boolean
  /** Whether a topic (below `hab/{habitat}/`) is to cross. */
  readonly crosses: (topic: string) => boolean
  /** Whether the other broker does not take a topic. */
  readonly refused: (topic: string) => boolean
  /** Counts what was taken over there. */
  readonly sent: Record<Lane, number>
  readonly mono: () => number
}

const WEIGHTS = { live: 8, state: 1, backlog: 1 }
type Shared = keyof typeof WEIGHTS
/** Entries in one batch that is sent again to a habtwin. */
const BATCH = 250
/** Bytes that a lane which had nothing to send is ahead of the others at most, when it has. */
const SAVED = 16_384
/** What waits for the link itself, of what crosses at once. */
const AT_ONCE = 1_000

export class Lanes {
  readonly #at: LanesParts
  /** How link and switches stand; alerts; everything else. */
  readonly #realTime = new States()
  readonly #alerts = new States()
  readonly #descriptions = new States()
  readonly #states = new States()
  /** What was journalled and does not wait for a contact. */
  #atOnce: { readonly journal: string; readonly seq: number; readonly entry: Entry }[] = []
  /** Bytes by weight that each lane has had. */
  readonly #served = { live: 0, state: 0, backlog: 0 }

  constructor(parts: LanesParts) {
    this.#at = parts
  }

  /** An entry was journalled. */
  offer(entry: Entry, isLive: boolean, open: boolean): void {
    const { id } = this.#at.journal
    // so that it is kept there as soon as it is told
    if (entry.topic.startsWith('alert/') && isActive(entry.payload))
      this.#alerts.hear(entry.topic, entry.payload, false)
    if (!this.#at.crosses(entry.topic)) {
      if (!this.#at.marks) this.#at.ledger.confirm(id, entry.seq, entry.seq)
    } else if (isRealTime(entry.topic)) {
      if (this.#atOnce.length < AT_ONCE) this.#atOnce.push({ journal: id, seq: entry.seq, entry })
    } else if (isLive && isReading(entry.topic)) this.#at.live.offer(entry, this.#at.mono(), open)
  }

  /** The word on a retained topic; empty where it was taken away. */
  hear(topic: string, payload: string): void {
    if (!this.#at.crosses(topic)) return
    if (isRealTime(topic)) this.#realTime.hear(topic, payload)
    else if (topic.startsWith('alert/')) this.#hearAlert(topic, payload)
    else (isDescription(topic) ? this.#descriptions : this.#states).hear(topic, payload)
  }

  /** What was journalled goes as that: the twin's alerts are not. */
  #hearAlert(topic: string, payload: string): void {
    if (payload !== '' && !isActive(payload)) return
    this.#alerts.hear(topic, payload, payload === '' || (parse(payload) as { seq?: number } | undefined)?.seq === undefined) // biome-ignore format: one thought
  }

  /** The other side is there: it is told how all is. */
  begin(): void {
    for (const states of [this.#realTime, this.#alerts, this.#descriptions, this.#states]) states.allAgain()
    this.#at.live.begin(this.#at.mono(), (seq) => this.#at.ledger.lacks(this.#at.journal.id, seq))
  }

  /** The other side is gone. @param kept whether what is under way to it arrives all the same */
  end(kept: boolean): void {
    this.#at.live.clear()
    if (!kept) this.#at.ledger.clear()
  }

  get states(): number {
    return this.#alerts.waiting + this.#descriptions.waiting + this.#states.waiting
  }

  /** Takes what crosses at once, whatever else holds. */
  realTime(): Item | undefined {
    for (let first = this.#atOnce.shift(); first !== undefined; first = this.#atOnce.shift()) {
      const again = first
      if (!this.#at.ledger.lacks(first.journal, first.seq)) continue
      const item = this.#entry('urgent', first.journal, first.entry, false)
      const failed = () => {
        item.failed()
        this.#atOnce.push(again)
      }
      return { ...item, failed }
    }
    return this.#state(this.#realTime, 'state')
  }

  /** Takes what goes next. @param bytes what is sent together had better not be longer */
  next(bytes: number): Item | undefined {
    const urgent = this.#crossing(() => this.#at.ledger.nextUrgent())
    if (urgent) return this.#urgent(urgent.journal, urgent.entry)
    const alert = this.#state(this.#alerts, 'urgent')
    if (alert) return alert
    const description = this.#state(this.#descriptions, 'state')
    if (description) return description
    const lanes = (Object.keys(WEIGHTS) as Shared[]).sort((a, b) => this.#served[a] - this.#served[b])
    for (const lane of lanes) {
      const item = lane === 'live' ? this.#nextLive() : lane === 'state' ? this.#state(this.#states, 'state') : this.#nextBacklog(bytes) // biome-ignore format: one thought
      if (item === undefined) continue
      this.#served[lane] += item.payload.length / WEIGHTS[lane]
      for (const other of lanes) this.#served[other] = Math.max(this.#served[other], this.#served[lane] - SAVED)
      return item
    }
    return undefined
  }

  /** What a plain broker is not to have is done; a habtwin is told its number. */
  #crossing<T extends { readonly journal: string; readonly seq: number; readonly entry: Entry }>(
    next: () => T | undefined,
  ): T | undefined {
    for (;;) {
      const found = next()
      if (found === undefined || this.#at.marks) return found
      if (this.#at.refused(found.entry.topic)) this.#at.ledger.setAside(found.journal, found.seq)
      else if (this.#at.crosses(found.entry.topic)) return found
      else this.#at.ledger.confirm(found.journal, found.seq, found.seq)
    }
  }

  #nextLive(): Item | undefined {
    for (;;) {
      const entry = this.#at.live.next(this.#at.mono())
      if (entry === undefined) return undefined
      // it may have gone as backlog meanwhile
      if (!this.#at.refused(entry.topic) && this.#at.ledger.lacks(this.#at.journal.id, entry.seq))
        return this.#entry('live', this.#at.journal.id, entry, true)
    }
  }

  #urgent(journal: string, entry: Entry): Item {
    if (!this.#at.crosses(entry.topic)) return this.#item('urgent', `resend/${this.#at.name}/${journal}`, resendBody(journal, [{ ...entry, payload: 'null' }]), false, { journal, from: entry.seq, to: entry.seq }) // biome-ignore format: one thought
    if (!entry.topic.startsWith('alert/')) return this.#entry('urgent', journal, entry, false)
    // only what still holds may stay there, and what has ended is taken away after it was told
    const now = this.#alerts.latest(entry.topic)
    if (now === entry.payload) this.#alerts.settled(entry.topic)
    else if (now === undefined && !isActive(entry.payload)) this.#alerts.again(entry.topic)
    return this.#entry('urgent', journal, entry, now === entry.payload)
  }

  #nextBacklog(bytes: number): Item | undefined {
    const place = this.#crossing(() => this.#at.ledger.nextBacklog())
    if (place === undefined) return undefined
    const { journal, entry } = place
    if (!this.#at.marks) return this.#entry('backlog', journal, entry, false, lateTopic(entry.topic))
    let [from, to] = this.#at.ledger.run(place, BATCH)
    const entries: Entry[] = []
    let length = 0
    const upward = from === place.seq
    for (const one of this.#together(journal, from, to, upward)) {
      length += one.payload.length + one.topic.length + 32
      if (entries.length > 0 && length > bytes) break
      entries.push(one)
    }
    if (!upward) entries.reverse()
    from = entries[0]?.seq ?? place.seq
    to = entries.at(-1)?.seq ?? place.seq
    const told = entries.map((one) => (this.#at.crosses(one.topic) ? one : { ...one, payload: 'null' }))
    return this.#item('backlog', `resend/${this.#at.name}/${journal}`, resendBody(journal, told), false, {
      journal,
      from,
      to,
    })
  }

  /** Entries between two numbers as far as they are at hand, from the lower end up or from the upper end down. */
  #together(journal: string, from: number, to: number, upward: boolean): Entry[] {
    const out: Entry[] = []
    for (let seq = from; seq <= to; ) {
      const some = this.#at.journal.read(journal, seq)
      if (some.length === 0) {
        if (upward) break
        out.length = 0
        seq++
        continue
      }
      for (const one of some) if (one.seq <= to) out.push(one)
      seq = (some.at(-1)?.seq ?? to) + 1
    }
    return upward ? out : out.reverse()
  }

  /** One entry on a topic. */
  #entry(lane: Lane, journal: string, entry: Entry, retain: boolean, topic = entry.topic): Item {
    const place = { journal, from: entry.seq, to: entry.seq }
    return this.#item(lane, topic, entry.payload, retain, place)
  }

  #item(
    lane: Lane,
    topic: string,
    payload: string,
    retain: boolean,
    { journal, from, to }: { readonly journal: string; readonly from: number; readonly to: number },
  ): Item {
    const { ledger, marks, sent } = this.#at
    ledger.send(journal, from, to)
    return {
      ...{ lane, topic, payload, retain, entries: to - from + 1 },
      arrived: () => {
        sent[lane] += to - from + 1
        if (!marks) ledger.confirm(journal, from, to)
      },
      failed: () => ledger.fail(journal, from, to),
    }
  }

  #state(states: States, lane: Lane): Item | undefined {
    let next = states.next()
    while (next !== undefined && this.#at.refused(next.topic)) next = states.next()
    if (next === undefined) return undefined
    const { topic, payload } = next
    return {
      ...{ lane, topic, payload, retain: true, entries: 0 },
      arrived: () => {
        this.#at.sent[lane]++
        states.arrived(topic, payload)
      },
      failed: () => states.again(topic),
    }
  }
}

function isReading(topic: string): boolean {
  return topic.startsWith('device/')
}

/** `device/{device}/info` */
function isDescription(topic: string): boolean {
  return topic.startsWith('device/') && topic.endsWith('/info')
}

/** To plain brokers a reading from a backlog goes where nobody takes it for the newest. */
function lateTopic(topic: string): string {
  return topic.endsWith('/reading') ? `${topic.slice(0, -'reading'.length)}late` : topic
}

function isActive(payload: string): boolean {
  return (parse(payload) as { active?: unknown } | null | undefined)?.active === true
}

function parse(payload: string): unknown {
  try {
    return JSON.parse(payload)
  } catch {
    return undefined // whoever said it is answered for elsewhere
  }
}
