/** Cuts, kills, delays and losses at random moments while readings cross, always the same for the same seed. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Crossing } from './crossings.ts'
import { Packets, PUBACK, PUBLISH } from './packets.ts'
import { randomOf } from './random.ts'
import { until } from './until.ts'

export interface FaultPlan {
  readonly readings: number
  readonly seed: number
  /** The link cut: connections end and none is made for a while. */
  readonly cuts: number
  /** Kill −9 of each side. */
  readonly kills: number
  /** Loss: connections end with what was on its way, or nothing moves for a while. */
  readonly breaks: number
  readonly stalls: number
  /** One way, ms; after every second fault there is none. */
  readonly delay: number
  /** Between two faults, ms: at least, at most. */
  readonly gap: readonly [number, number]
  /** Told of every tenth fault. */
  readonly told?: (text: string) => void
}

export interface FaultResult {
  readonly handed: number
  /** Of which the near side answered for. */
  readonly acknowledged: number
  readonly arrived: number
  /** Acknowledged, and never arrived. */
  readonly lost: number
  /** Arrivals beyond the first. */
  readonly twice: number
  /** Messages that were under way, unacknowledged, when their connection ended: what may come twice. */
  readonly inFlight: number
  /** Messages whose answer came so shortly before the end of the connection that nobody may have read it. */
  readonly unread: number
  /** Of those that arrived twice: the far broker gave them to its own subscriber again, and says so. */
  readonly redelivered: number
  readonly connections: number
  /** From a link without delay being whole, with both sides there, to the first message on it, ms. */
  readonly resumed: readonly number[]
  /** From the last fault to all being there, s. */
  readonly settled: number
  readonly seconds: number
}

const KINDS = ['cut', 'near', 'far', 'break', 'stall'] as const
type Kind = (typeof KINDS)[number]

/** How long a part of a fault lasts at least and at most, ms. */
const LASTS = { cut: [200, 2_000], stall: [500, 3_000] } as const
/** Readings that are handed over at a time, at most, and how often the pace is looked at, ms. */
const CHUNK = 1_000
const PACE = 50
/** A process that is killed, or a socket that is reset, may not have read what came this long before, ms. */
const UNREAD = 500
/** Nothing has arrived for so long: nothing more will, ms. */
const QUIET = 20_000
const LATE = 1_000
/** All must have been taken within this after the last fault, and have arrived within this again, ms. */
const MOST = 600_000

export async function faultRun(crossing: Crossing, plan: FaultPlan): Promise<FaultResult> {
  const { link, near, far } = crossing
  const random = randomOf(plan.seed)
  const between = ([least, most]: readonly [number, number]) => least + random(most - least)
  const traffic = watch(link)
  const began = performance.now()
  const acknowledged = new Set<number>()
  let handed = 0
  let whole = true
  let hurry = false
  let deadline = Number.POSITIVE_INFINITY
  const faults = shuffled(plan, random)
  const expected = (faults.length * (plan.gap[0] + plan.gap[1])) / 2 + plan.cuts * 1_100 + plan.stalls * 1_750

  const handing = (async () => {
    while (handed < plan.readings && performance.now() < deadline) {
      const due = hurry
        ? plan.readings
        : Math.min(plan.readings, ((performance.now() - began) / expected) * plan.readings)
      if (!whole || handed >= due) {
        await sleep(PACE)
        continue
      }
      const count = Math.min(CHUNK, Math.ceil(due - handed))
      const from = handed
      handed += count
      // what it could not answer for, because it was killed, may have been taken or not
      for (const one of await crossing.hand(from, count).catch(() => [])) acknowledged.add(one)
    }
  })()

  const killed = async (side: typeof near, is: (there: boolean) => void) => {
    await side.kill()
    is(false)
    await side.start()
    is(true)
  }
  const resumed: number[] = []
  for (const [i, kind] of faults.entries()) {
    await sleep(between(plan.gap))
    link.delay = i % 2 === 0 ? 0 : random(plan.delay)
    if (i % 10 === 0) plan.told?.(`${i + 1}/${faults.length} ${kind}, delay ${link.delay} ms, ${handed} handed over`)
    if (kind === 'near')
      await killed(near, (there) => { whole = there }) // biome-ignore format: one line
    else if (kind === 'far') await killed(far, () => undefined)
    else if (kind === 'break') link.break()
    else if (kind === 'stall') {
      link.frozen = true
      await sleep(between(LASTS.stall))
      link.frozen = false
    } else {
      await link.cut()
      await sleep(between(LASTS.cut))
      await link.mend()
      const mended = performance.now()
      // it may be that the next fault comes first: then it took at least so long
      if (link.delay === 0) traffic.next((at) => resumed.push(at - mended))
    }
  }
  link.delay = 0
  hurry = true
  const last = performance.now()
  // one of them writes all that waits anew with each message: the more waits, the fewer it takes
  deadline = last + MOST
  await handing
  await settle(crossing, acknowledged)
  const settled = (performance.now() - last) / 1_000
  const counts = await crossing.arrived()
  await link.cut()
  let twice = 0
  for (const n of counts.values()) twice += n - 1
  return {
    ...{ handed, acknowledged: acknowledged.size, arrived: counts.size, twice, settled, resumed },
    lost: [...acknowledged].filter((one) => !counts.has(one)).length,
    inFlight: traffic.unanswered,
    unread: traffic.unread,
    redelivered: crossing.redelivered,
    connections: traffic.connections,
    seconds: (performance.now() - began) / 1_000,
  }
}

/** Waits until the near side has nothing more to send, and all is there or nothing more arrives. */
async function settle(crossing: Crossing, acknowledged: ReadonlySet<number>): Promise<void> {
  await until(() => crossing.isDone().catch(() => false), 'everything being sent', MOST)
  if (Number.isNaN(crossing.count)) return
  for (let before = -1, since = performance.now(); performance.now() - since < QUIET; await sleep(100)) {
    if (crossing.count !== before) since = performance.now()
    before = crossing.count
    if (before < acknowledged.size) continue
    const counts = await crossing.arrived()
    if ([...acknowledged].every((one) => counts.has(one))) break
  }
  // what comes twice may come last
  await sleep(LATE)
}

function shuffled(plan: FaultPlan, random: (below: number) => number): Kind[] {
  const counts: Record<Kind, number> = { cut: plan.cuts, near: plan.kills, far: plan.kills, break: plan.breaks, stall: plan.stalls } // biome-ignore format: one line
  const out = KINDS.flatMap((kind) => Array.from({ length: counts[kind] }, () => kind))
  for (let i = out.length - 1; i > 0; i--) {
    const j = random(i + 1)
    const [a, b] = [out[i] as Kind, out[j] as Kind]
    out[i] = b
    out[j] = a
  }
  return out
}

export interface Traffic {
  /** Messages that went to the far side on connections that ended before the near side had an answer. */
  readonly unanswered: number
  /** Messages that were answered within the last `UNREAD` ms of their connection. */
  readonly unread: number
  readonly connections: number
  /** Calls once, when the next message passes to the far side. @param then is given the moment, monotonic ms */
  next(then: (at: number) => void): void
}

/** Looks at what passes over a link. */
export function watch(link: Crossing['link']): Traffic {
  let [unanswered, unread, connections] = [0, 0, 0]
  let waiting: ((at: number) => void)[] = []
  link.tap = () => {
    let away = 0
    let answers: number[] = []
    connections++
    const towards = {
      far: new Packets((type) => {
        if (type !== PUBLISH) return
        away++
        for (const then of waiting.splice(0)) then(performance.now())
      }),
      near: new Packets((type) => {
        if (type !== PUBACK) return
        away--
        const now = performance.now()
        if (answers.length > 10_000) answers = answers.filter((at) => at > now - UNREAD)
        answers.push(now)
      }),
    }
    return {
      passed: (side, chunk) => towards[side].pass(chunk),
      ended: () => {
        unanswered += away
        unread += answers.filter((at) => at > performance.now() - UNREAD).length
      },
    }
  }
  // so that none is there that was not seen from its beginning
  link.break()
  return {
    get unanswered() {
      return unanswered
    },
    get unread() {
      return unread
    },
    get connections() {
      return connections
    },
    next: (then) => {
      waiting = [...waiting, then]
    },
  }
}
