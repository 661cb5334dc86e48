/**
 * The gateway's own clock. It runs on the machine's monotonic one, from where the wall clock was when it could be
 * believed, so that nobody who puts the wall clock puts the readings' times.
 *
 *            evidence: a daemon's file, the kernel, a battery clock
 *               │
 *   unset ──────┴────► set ──── wall clock stepped ────► doubt
 *   estimates          times     readings as when unset;   │ vouched for anew, or it stays so
 *                        ▲       its own time goes on      │
 *                        └─────────────────────────────────┘ anchored to where the wall clock is now
 *
 * While it is unset or in doubt, readings carry what they can be stamped by later: `{boot, mono}`. docs/clock.md
 */
import type { BootClock, ClockState } from '@habtwin/contract'
import { type Clock, everyInterval, type Log, type Timer } from '@habtwin/runtime'
import { BootBook, type KeptState, type Numbers } from './book.ts'
import { SAME } from './boots.ts'
import type { Evidence } from './evidence.ts'
import { EARLIEST, type Machine } from './machine.ts'
import { day, difference } from './words.ts'

export interface HouseOptions {
  /** The machine's: `now` may be stepped. */
  readonly clock: Clock
  readonly log: Log
  readonly machine: Machine
  readonly evidence: Pick<Evidence, 'file' | 'ask'>
  readonly sync: 'auto' | 'trusted' | 'untrusted'
  readonly state: KeptState
  /** Told of each change: of the state, and of what boots are stamped by. */
  readonly onState?: (state: ClockState) => void
  readonly onBoots?: (boots: readonly BootClock[]) => void
  /** The clock was anchored anew, by so many ms, while it was set. */
  readonly onStep?: (ms: number) => void
}

type Phase = 'unset' | 'set' | 'doubt'

const SECOND = 1_000
const MINUTE = 60 * SECOND
/** How often programs are asked at most, ms. */
const ASK = MINUTE
/** A step that nobody can vouch for is believed when nothing more comes for so long, ms … */
const SETTLED = MINUTE
/** … and where somebody could, when he has neither done so nor denied it. */
const UNANSWERED = 60 * MINUTE
/** What is worked off of a small difference in a second, ms: half of what a clock may be slewed by at the most. */
const SLEW = 5
/** Differences that are the grain of the wall clock, ms. */
const GRAIN = 2
/** A machine that was off for longer has its time from somewhere, ms: a shutdown and start take less. */
const REBOOT = 5 * MINUTE
/** Between two savings, ms: while it is set, and while it is not. */
const SAVE = { set: 10 * MINUTE, unset: MINUTE }

export class HouseClock implements Clock {
  readonly #at: HouseOptions
  /** ms since the machine's start when `mono` is 0. */
  readonly #base: number
  #phase: Phase = 'unset'
  #reason = 'nothing is known of it yet'
  #since = 0
  /** House time − `mono`. */
  #offset: number
  #last = Number.NEGATIVE_INFINITY
  readonly #book: BootBook
  /** Since when it is in doubt, and where the wall clock was put. */
  #doubt = { began: 0, mono: 0, offset: 0, seq: 1, t: 0, touched: 0 as number | undefined }
  #touched: number | undefined
  #renews = false
  #askAt = Number.NEGATIVE_INFINITY
  #asking = false
  #denied: string | undefined
  #savedAt = Number.NEGATIVE_INFINITY
  readonly counts = { steps: 0, stepped: 0 }

  constructor(options: HouseOptions) {
    this.#at = options
    const { clock, machine } = options
    this.#base = machine.sinceBoot() - clock.mono()
    this.#offset = clock.now() - clock.mono()
    this.#book = new BootBook(options.state, machine, clock.now())
  }

  /** House time, ms: never goes back but where it is anchored anew, and then nothing is final that was told before. */
  now(): number {
    const t = Math.floor(this.#at.clock.mono() + this.#offset)
    // whoever is stamped just after a step must not be stamped by what was before it
    if (this.#phase === 'set' && Math.abs(this.#at.clock.now() - t) > SAME) {
      this.look()
      return this.#onwards(Math.floor(this.#at.clock.mono() + this.#offset))
    }
    return this.#onwards(t)
  }

  mono(): number {
    return this.#at.clock.mono()
  }

  after(ms: number, call: () => void): Timer {
    return this.#at.clock.after(ms, call)
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.#at.clock.sleep(ms, signal)
  }

  /** True where times are final: commands that expire, and whoever stamps, go by this. */
  get synced(): boolean {
    return this.#phase === 'set'
  }

  get state(): ClockState {
    return { synced: this.synced, reason: this.#reason, since: this.#since }
  }

  /** What a reading taken now has to carry; undefined where its time is final. */
  doubt(): { boot: string; mono: number } | undefined {
    if (this.#phase === 'set') return undefined
    return { boot: this.#at.machine.boot, mono: this.#sinceBoot() }
  }

  /** Judges the clock as it is found, before anything is stamped by it. */
  start(): void {
    const { sync, clock, machine, evidence } = this.#at
    const { known, offset } = this.#book
    const wall = clock.now()
    this.#touched = evidence.file()?.touched
    this.#estimate()
    if (offset !== undefined) this.#resume(offset + this.#base)
    else if (sync === 'trusted') this.#set('the configuration trusts it')
    else if (this.#touched !== undefined) this.#set(`${evidence.file()?.path ?? 'a file'} vouches for it`, true)
    else if (wall < EARLIEST) this.#unset(`it says ${day(wall)}, which cannot be`)
    else if (wall < known - 2 * SECOND) this.#unset(`it says ${day(wall)}, before ${day(known)} when it was last right`)
    else if (sync === 'untrusted') this.#unset('nobody vouches for it yet')
    else {
      const { synced, reason } = machine.assumed()
      const began = wall - this.#sinceBoot()
      if (synced) this.#set(reason)
      else if (Number.isFinite(known) && began > known + REBOOT)
        this.#set('it was set while the machine was off, or since')
      else this.#unset(`${reason}, and nobody vouches for it yet`)
    }
  }

  /** From now on this journal numbers what is stamped. */
  attach(journal: Numbers): void {
    this.#book.attach(journal, this.#sinceBoot(), this.#offset - this.#base)
    this.#save()
    this.tell()
  }

  /** Tells how it stands, and by what boots are stamped; the first time when the journal is there. */
  tell(): void {
    if (!this.#book.isAttached) return // told when there is one
    this.#at.onState?.(this.state)
    this.#at.onBoots?.(this.#book.told())
  }

  /** Looks at the wall clock each second, and for evidence while there is none. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await everyInterval(this.#at.clock, SECOND, signal, () => this.look())
    } finally {
      this.#save()
    }
  }

  /** Looks once. */
  look(): void {
    const { clock, evidence } = this.#at
    const { slept } = this.#book
    const offset = clock.now() - clock.mono()
    const by = offset - this.#offset
    if (slept > 0 && Math.abs(by - slept) <= SAME) this.#woke(offset)
    else if (this.#phase === 'unset') this.#lookUnset(offset)
    else if (this.#phase === 'doubt') this.#lookDoubt(offset)
    else if (Math.abs(by) > SAME) this.#stepped(offset)
    else if (by > GRAIN) this.#offset = offset
    // slewed and smeared clocks are followed; backwards slowly, so that no time comes twice
    else if (by < -GRAIN) this.#offset -= Math.min(SLEW, -by)
    if (this.#phase === 'set') this.#touched = evidence.file()?.touched ?? this.#touched
    else if (clock.mono() >= this.#askAt) this.#ask()
    if (clock.mono() - this.#savedAt >= (this.synced ? SAVE.set : SAVE.unset)) this.#save()
  }

  #lookUnset(offset: number): void {
    const { sync, evidence, clock } = this.#at
    const file = evidence.file()
    const stepped = offset - this.#base - this.#book.began > SAME
    const possible = clock.now() >= Math.max(EARLIEST, this.#book.known)
    if (file !== undefined) this.#settle(offset, `${file.path} vouches for it`, true)
    else if (stepped && possible && sync === 'auto')
      this.#settle(offset, 'it was put forward to a possible time, as NTP does')
    else if (offset - this.#offset > SAME) this.#move(offset) // an estimate that is nearer
  }

  #lookDoubt(offset: number): void {
    const { evidence, clock, sync } = this.#at
    if (Math.abs(offset - this.#offset) <= SAME) {
      this.#settle(offset, 'it was put back to where it was')
      return
    }
    if (Math.abs(offset - this.#doubt.offset) > SAME) {
      this.#doubt = { ...this.#doubt, mono: clock.mono(), offset, touched: this.#touched }
      this.#askSoon()
    }
    const file = evidence.file()
    if (file !== undefined && file.touched !== this.#doubt.touched) {
      this.#settle(offset, `${file.path} vouches for it anew`, true)
      return
    }
    const patience = this.#renews && sync !== 'trusted' ? UNANSWERED : SETTLED
    const waited = clock.mono() - this.#doubt.mono
    if (waited >= patience && (this.#denied === undefined || !this.#renews)) {
      this.#settle(offset, `it was put by ${difference(offset - this.#offset)} and has stayed so`)
    }
  }

  #ask(): void {
    if (this.#asking || this.#at.sync === 'trusted') return
    this.#asking = true
    this.#askAt = this.#at.clock.mono() + ASK
    const asked = this.#at.clock.now() - this.#at.clock.mono()
    void this.#at.evidence.ask().then(({ synced, by }) => {
      this.#asking = false
      const offset = this.#at.clock.now() - this.#at.clock.mono()
      this.#denied = synced === false ? by : undefined
      // what was put meanwhile was not meant
      if (this.#phase === 'set' || synced !== true || Math.abs(offset - asked) > SAME) return
      this.#settle(offset, `${by} says that it is kept`, true)
    })
  }

  /** A daemon that has just stepped it says so a moment later. */
  #askSoon(): void {
    this.#denied = undefined
    this.#askAt = this.#at.clock.mono() + 2 * SECOND
  }

  #stepped(offset: number): void {
    const { clock, log } = this.#at
    const by = offset - this.#offset
    const began = this.#sinceBoot()
    const seq = this.#book.next
    this.counts.steps++
    this.#phase = 'doubt'
    this.#since = this.#last
    this.#reason = `it was put by ${difference(by)}, and nobody has vouched for it since`
    this.#doubt = { began, mono: clock.mono(), offset, seq, t: this.#last, touched: this.#touched }
    this.#askSoon()
    log.warn(
      { by: Math.round(by) },
      `the clock was put by ${difference(by)}; readings are stamped when it is known again`,
    )
    this.tell()
    this.#save()
  }

  /** The machine slept: its monotonic clock stood still, and what was stamped before is right. */
  #woke(offset: number): void {
    this.#book.awake()
    this.#at.log.info({ by: Math.round(offset - this.#offset) }, 'the machine has slept')
    const now = { next: this.#book.next, t: this.#last, mono: this.#sinceBoot() }
    if (this.#phase === 'set') this.#book.anchor(offset - this.#base, now)
    this.#move(offset)
    this.#save()
  }

  /** It can be believed (again). */
  #settle(offset: number, reason: string, renews = this.#renews): void {
    const by = offset - this.#offset
    if (this.#phase === 'doubt' && Math.abs(by) > SAME) {
      const { seq, t, began } = this.#doubt
      this.counts.stepped += Math.abs(by)
      this.#book.anchor(offset - this.#base, { next: seq, t, mono: began })
    }
    this.#set(reason, renews, offset)
    this.tell()
  }

  #set(reason: string, renews = false, offset = this.#wallOffset()): void {
    this.#book.set(offset - this.#base, this.#sinceBoot())
    this.#renews = renews
    this.#phase = 'set'
    this.#reason = reason
    this.#move(offset)
    this.#since = this.now()
    this.#at.log.info({ t: new Date(this.#since).toISOString() }, `the clock is set: ${reason}`)
    this.#save()
  }

  /** Another time it is; where that is more than the grain of it, whoever goes by it is told. */
  #move(offset: number): void {
    const by = offset - this.#offset
    this.#offset = offset
    if (Math.abs(by) <= SAME) return
    this.#last = Number.NEGATIVE_INFINITY
    this.#at.onStep?.(by)
  }

  #onwards(t: number): number {
    if (t > this.#last) this.#last = t
    return this.#last
  }

  #unset(reason: string): void {
    this.#phase = 'unset'
    this.#reason = reason
    this.#since = this.now()
    this.#at.log.warn(`the clock is not set: ${reason}; times are estimates, and readings are stamped once it is`)
  }

  /** The process begins anew within a boot whose clock was set. */
  #resume(before: number): void {
    const { slept } = this.#book
    const wall = this.#wallOffset()
    const offset = before + slept
    this.#renews = this.#touched !== undefined
    if (slept > 0) this.#book.stretch(offset - this.#base, this.#book.last)
    // where it was put while nobody looked, its own time goes on until somebody vouches
    this.#offset = Math.abs(wall - offset) <= SAME ? wall : offset
    if (this.#offset === wall) this.#set('it was set earlier, and has run on since', this.#renews)
    else {
      this.#book.awake()
      this.#onwards(Math.floor(this.#at.clock.mono() + offset))
      this.#stepped(wall)
    }
  }

  /** Without a clock that is set, time goes on from the newest that was ever given. */
  #estimate(): void {
    const { clock } = this.#at
    this.#offset = Math.max(clock.now(), EARLIEST, this.#book.t) - clock.mono()
  }

  #wallOffset(): number {
    return this.#at.clock.now() - this.#at.clock.mono()
  }

  #sinceBoot(): number {
    return this.#at.clock.mono() + this.#base
  }

  #save(): void {
    this.#savedAt = this.#at.clock.mono()
    const t = Math.floor(this.#at.clock.mono() + this.#offset)
    this.#book.save(this.#sinceBoot(), t, this.synced ? this.#offset - this.#base : undefined)
  }
}
