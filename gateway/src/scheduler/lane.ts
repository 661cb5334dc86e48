/**
 * A bus has one owner: whatever wants it waits here for its turn, commands before polls, and nobody keeps it
 * longer than its own timeout (device-modbus-go#356, thingsboard-gateway#905, #164).
 */
import { HabtwinError, isHabtwinError } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import type { Entry, Timetable } from './timetable.ts'

/** One use of the bus. */
export interface Job {
  /** Name of the device, for the error. */
  readonly device: string
  /** ms */
  readonly timeout: number
  act(signal: AbortSignal): unknown
  /** Called once, with what `act` gave and the ms that it took. */
  done(value: unknown, latency: number): void
  failed(error: unknown): void
}

export class Lane {
  #clock: Clock
  #timetable: Timetable
  #urgent: Job[] = []
  #waiting: Job[] = []
  /** How much of `#waiting` has had its turn; shifting an array of two hundred each time would cost more. */
  #taken = 0
  #busy = false
  #closed = false
  /** Counts the turns, so that an answer that comes after its turn was taken away is known as such. */
  #turn = 0
  #current: Job | undefined
  #began = 0
  #abort = new AbortController()
  /** How long it has been taken so far, ms. */
  busy = 0
  /** Told when whoever is on has left. */
  #idle: (() => void)[] = []
  #deadline: Entry

  constructor(clock: Clock, timetable: Timetable) {
    this.#clock = clock
    this.#timetable = timetable
    this.#deadline = { due: 0, place: -1, fire: () => this.#overdue() }
  }

  /** Asks for a turn. */
  request(job: Job, urgent = false): void {
    if (this.#closed) {
      if (urgent) job.failed(stopping(job))
      return
    }
    if (urgent) this.#urgent.push(job)
    else this.#waiting.push(job)
    if (!this.#busy) this.#run()
  }

  /** Takes a device off: what it waits for is given up, and where it is on it is interrupted. Resolves when it is off. */
  async withdraw(device: string): Promise<void> {
    for (const job of this.#urgent) if (job.device === device) job.failed(stopping(job))
    this.#urgent = this.#urgent.filter((job) => job.device !== device)
    this.#waiting = this.#waiting.slice(this.#taken).filter((job) => job.device !== device)
    this.#taken = 0
    if (this.#current?.device !== device) return
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve)
      this.#interrupt()
    })
  }

  /** Lets nobody on any more, interrupts who is on, and resolves when the bus is free. */
  async close(): Promise<void> {
    this.#closed = true
    for (const job of this.#urgent) job.failed(stopping(job))
    this.#urgent = []
    this.#waiting = []
    this.#taken = 0
    if (this.#current === undefined) return
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve)
      this.#interrupt()
    })
  }

  /** Takes turn after turn until the bus is waiting for somebody, or nobody is left. */
  #run(): void {
    this.#busy = true
    try {
      for (let job = this.#next(); job !== undefined; job = this.#next()) {
        if (!this.#start(job)) return
      }
    } finally {
      this.#busy = this.#current !== undefined
    }
  }

  #next(): Job | undefined {
    if (this.#closed) return undefined
    const urgent = this.#urgent.shift()
    if (urgent !== undefined) return urgent
    if (this.#taken === this.#waiting.length) {
      if (this.#taken > 0) this.#waiting = []
      this.#taken = 0
      return undefined
    }
    return this.#waiting[this.#taken++]
  }

  /** True where the job is over at once. */
  #start(job: Job): boolean {
    let given: unknown
    try {
      given = job.act(this.#abort.signal)
    } catch (error) {
      job.failed(error)
      return true
    }
    if (!(given instanceof Promise)) {
      job.done(given, 0)
      return true
    }
    const turn = ++this.#turn
    this.#current = job
    this.#began = this.#clock.mono()
    this.#timetable.schedule(this.#deadline, this.#began + job.timeout)
    given.then(
      (value) => this.#settled(turn, value, undefined, true),
      (error) => this.#settled(turn, undefined, error, false),
    )
    return false
  }

  #settled(turn: number, value: unknown, error: unknown, good: boolean): void {
    const job = this.#current
    if (turn !== this.#turn || job === undefined) return
    this.#timetable.cancel(this.#deadline)
    this.#current = undefined
    const took = this.#clock.mono() - this.#began
    this.busy += took
    const interrupted = this.#abort.signal.aborted
    if (interrupted) this.#abort = new AbortController()
    const idle = this.#idle
    this.#idle = []
    if (good) job.done(value, took)
    // what a driver throws when it is interrupted is only the echo of the interruption, unless it knows more
    else job.failed(interrupted && !isHabtwinError(error) ? late(job) : error)
    this.#run()
    for (const told of idle) told()
  }

  /** The first time it interrupts the job; if that is not heeded, the second time it goes on without it. */
  #overdue(): void {
    const job = this.#current
    if (job === undefined) return
    if (this.#abort.signal.aborted) this.#settled(this.#turn, undefined, late(job), false)
    else this.#interrupt()
  }

  #interrupt(): void {
    const job = this.#current
    if (job === undefined) return
    this.#timetable.schedule(this.#deadline, this.#clock.mono() + Math.min(1_000, Math.max(100, job.timeout / 4)))
    this.#abort.abort(late(job))
  }
}

function late(job: Job): HabtwinError {
  return new HabtwinError('device/timeout', `no answer within ${job.timeout} ms`, { where: job.device })
}

function stopping(job: Job): HabtwinError {
  return new HabtwinError('device/unreachable', 'the gateway is stopping', { where: job.device })
}
