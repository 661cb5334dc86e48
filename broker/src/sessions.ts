/** Who is connected: one session a connection, found by connection or by client id. */
import type { Duplex } from 'node:stream'
import type { Role } from './access.ts'

export interface Session {
  readonly role: Role
  readonly conn: Duplex
  /** IP address, '' by a Unix socket. */
  readonly from: string
  /** Set when the CONNECT was accepted. */
  id?: string
  /** Return code of the CONNACK that refuses it; 0 where it may come in. */
  refuse: number
  /** True once Aedes knows it, and will say when it goes. */
  registered: boolean
  readonly filters: Set<string>
  readonly budget: Budget
}

const SPAN = 10_000

/** How much one client may say: an allowance that fills up again as time goes by. */
export class Budget {
  readonly #perMs: number
  #left: number
  #at = 0

  /** @param perSecond on average; ten seconds' worth may be spent at once */
  constructor(perSecond: number) {
    this.#perMs = perSecond / 1_000
    this.#left = perSecond * (SPAN / 1_000)
  }

  /** False where nothing is left. @param now monotonic ms */
  spend(now: number): boolean {
    this.#left = Math.min(this.#perMs * SPAN, this.#left + (now - this.#at) * this.#perMs)
    this.#at = now
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}

export class Sessions {
  readonly #byConnection = new WeakMap<Duplex, Session>()
  readonly #byId = new Map<string, Session>()
  readonly #perAddress = new Map<string, number>()

  /** @param perSecond messages that it may publish */
  open(conn: Duplex, role: Role, from: string, perSecond: number): Session {
    const session: Session = {
      role,
      conn,
      from,
      refuse: 0,
      registered: false,
      filters: new Set(),
      budget: new Budget(perSecond),
    }
    this.#byConnection.set(conn, session)
    this.#perAddress.set(from, this.countFrom(from) + 1)
    return session
  }

  close(session: Session): void {
    const count = this.countFrom(session.from) - 1
    if (count > 0) this.#perAddress.set(session.from, count)
    else this.#perAddress.delete(session.from)
  }

  /** Connections from one address. */
  countFrom(from: string): number {
    return this.#perAddress.get(from) ?? 0
  }

  of(conn: Duplex): Session | undefined {
    return this.#byConnection.get(conn)
  }

  name(id: string, session: Session): void {
    session.id = id
    this.#byId.set(id, session)
  }

  unname(session: Session): void {
    if (session.id !== undefined && this.#byId.get(session.id) === session) this.#byId.delete(session.id)
  }

  byId(id: string): Session | undefined {
    return this.#byId.get(id)
  }
}
