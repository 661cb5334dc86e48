/**
 * Where connections come in: opens the doors, turns away what is too much, and hands the others to the engine with
 * everything around them that holds them to their bounds.
 *
 *   TCP, TLS ──┐
 *   WebSocket ─┼─► too many? ─► gate (frame sizes) ─► coalesce (writes) ─► engine
 *   Unix ──────┘
 */
import type { Duplex } from 'node:stream'
import { type Principal, service } from '@habtwin/runtime/access'
import type { Clock } from '@habtwin/runtime/clock'
import type { Client } from 'aedes'
import { announced } from './announced.ts'
import { coalesce } from './coalesce.ts'
import type { Counts, Refusal, Refusals } from './counters.ts'
import { expel, reasonCodes, speaks5 } from './engine.ts'
import { type FrameFault, FrameGate, gate } from './frames.ts'
import { type Listener, type ListenSettings, listenTcp, listenTls, listenUnix, listenWebSocket, type Secured } from './listen.ts' // biome-ignore format: one line
import { type Doors, unnamed } from './login.ts'
import type { BrokerOptions, Limits } from './options.ts'
import type { Session, Sessions } from './sessions.ts'

export type Door = 'tcp' | 'tls' | 'websocket' | 'service' | 'viewer' | 'panel'

export interface EntranceParts {
  readonly options: BrokerOptions
  readonly limits: Limits
  readonly sessions: Sessions
  readonly counts: Counts
  readonly refusals: Refusals
  readonly clock: Clock
  readonly access: Pick<Doors, 'byCertificate'> | undefined
  /** Hands a connection to the engine. */
  readonly handle: (conn: Duplex) => Client | undefined
  /** Told of each connection that has ended. */
  readonly gone: (session: Session) => void
}

export class Entrance {
  readonly #at: EntranceParts
  readonly #listeners = new Map<Door, Listener>()
  readonly #connections = new Set<Duplex>()

  constructor(parts: EntranceParts) {
    this.#at = parts
  }

  get connections(): number {
    return this.#connections.size
  }

  /** Where a listener is to be found, `127.0.0.1:1883`; undefined where there is none. */
  address(door: Door): string | undefined {
    return this.#listeners.get(door)?.address
  }

  /** Opens what speaks no TLS. Throws config/insecure, config/invalid, listen/address-in-use, listen/impossible. */
  async open(): Promise<void> {
    const { tcp, websocket, sockets } = this.#at.options
    const by = (door: Door) => (conn: Duplex, from: string) => this.#admit(conn, this.#unnamed(door, from), from)
    const wide = this.#wide()
    if (sockets?.service)
      this.#listeners.set('service', await listenUnix(sockets.service, this.#settings(65_536), by('service')))
    if (sockets?.viewer) this.#listeners.set('viewer', await listenUnix(sockets.viewer, wide, by('viewer')))
    if (sockets?.panel)
      this.#listeners.set('panel', await listenUnix(sockets.panel, wide, (conn) => this.#announced(conn)))
    if (tcp) this.#listeners.set('tcp', await listenTcp(tcp, wide, by('tcp')))
    if (websocket && websocket.tls !== true) {
      this.#listeners.set('websocket', await listenWebSocket(websocket, wide, by('websocket'), this.turnedAway))
    }
  }

  /** Opens what speaks TLS and is not open yet. Throws listen/address-in-use, listen/impossible. */
  async secure(identity: Secured): Promise<void> {
    const { tls, websocket } = this.#at.options
    const wide = this.#wide()
    const by = (door: Door) => (conn: Duplex, from: string, certified?: string) =>
      this.#admit(conn, this.#unnamed(door, from, certified), from)
    if (tls && !this.#listeners.has('tls')) {
      this.#listeners.set('tls', await listenTls(tls, wide, identity, by('tls'), this.turnedAway))
    }
    if (websocket?.tls === true && !this.#listeners.has('websocket')) {
      this.#listeners.set(
        'websocket',
        await listenWebSocket(websocket, wide, by('websocket'), this.turnedAway, identity),
      )
    }
  }

  /** Closes every door, and puts out whoever has come in. */
  async close(): Promise<void> {
    const closed = [...this.#listeners.values()].map((listener) => listener[Symbol.asyncDispose]())
    for (const conn of this.#connections) conn.destroy()
    await Promise.all(closed)
    this.#listeners.clear()
  }

  /** Counts a connection that came to nothing before it was one. */
  readonly turnedAway = (reason: Refusal, from: string): void => this.#at.refusals.add(reason, { from })

  /** A viewer's buffer has room for its backlog and one packet more, so that the engine never waits for it. */
  #wide(): ListenSettings {
    const { backlog, packet } = this.#at.limits
    return this.#settings(backlog + packet)
  }

  #settings(buffer: number): ListenSettings {
    const { connections, packet, connectTimeout, handshakeTimeout } = this.#at.limits
    const times = { timeout: connectTimeout, handshake: handshakeTimeout }
    return { connections: connections * 2, buffer, message: packet + 1024, ...times }
  }

  /** From the panel's proxy, which says whom it lets through. */
  #announced(conn: Duplex): void {
    conn.on('error', nothing)
    announced(conn, this.#at.limits.connectTimeout, (said) => {
      if (said === undefined) this.#turnAway(conn, 'not-mqtt', '')
      else this.#admit(conn, said.who, said.from)
    })
  }

  #admit(conn: Duplex, unnamed: Principal | undefined, from: string): void {
    const { limits, sessions, clock, counts, handle, gone } = this.#at
    // the engine takes its own listener away when it is done with a connection, and an error may come later
    conn.on('error', nothing)
    if (this.#connections.size >= limits.connections) {
      this.#turnAway(conn, 'connections', from)
      return
    }
    if (from !== '' && sessions.countFrom(from) >= limits.perAddress) {
      this.#turnAway(conn, 'connections-per-address', from)
      return
    }
    const rates = { publish: limits.publishRate, subscribe: limits.subscribeRate }
    const session = sessions.open(conn, unnamed, from, clock, rates)
    this.#connections.add(conn)
    counts.accepted++
    conn.once('close', () => {
      this.#connections.delete(conn)
      gone(session)
    })
    const seen = (bytes: number) => {
      counts.bytesIn += bytes
    }
    const sent = (bytes: number) => {
      counts.bytesOut += bytes
    }
    gate(conn, new FrameGate(limits.connect, limits.packet), seen, (fault) => this.#cutOff(session, fault))
    coalesce(conn, sent)
    session.client = handle(conn)
  }

  /** Who it is, where it does not log in. */
  #unnamed(door: Door, from: string, certified?: string): Principal | undefined {
    if (door === 'service') return service
    // whoever shows a certificate is that user or nobody, also on this machine
    if (certified !== undefined) return this.#at.access?.byCertificate(certified)
    const { tcp, websocket } = this.#at.options
    const open = (door === 'tcp' && tcp?.insecure === true) || (door === 'websocket' && websocket?.insecure === true)
    return unnamed(from, open)
  }

  #cutOff({ conn, client, from }: Session, fault: FrameFault): void {
    if (fault !== 'packet-too-large' || client === undefined || !speaks5(client)) {
      this.#turnAway(conn, fault, from)
      return
    }
    this.#at.refusals.add(fault, { from, clientId: client.id })
    expel(client, reasonCodes.packetTooLarge)
  }

  #turnAway(conn: Duplex, reason: Refusal, from: string): void {
    this.turnedAway(reason, from)
    conn.destroy()
  }
}

function nothing(): void {}
