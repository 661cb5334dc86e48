/** What is known of the link, on either side of it: the gateway's retained words, and what was said on the safety channel. */
import { randomUUID } from 'node:crypto'
import {
  type BridgeState,
  bridgeState,
  type Command,
  type CommandResult,
  HabtwinError,
  type LinkDevices,
  linkDevices,
  relative,
  type Safety,
  safety,
  type WaitingCommand,
  waitingCommand,
  wire,
} from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime'
import type { LinkHandler } from '@habtwin/runtime/mqtt'
import type { z } from 'zod'
import type { LinkDesk, SaidSafety } from './http/routes/link.ts'

export interface LinkDeskParts {
  readonly habitat: string
  readonly link: { subscribe(filter: string, handler: LinkHandler): Disposable }
  readonly store: { records(kind: string, span?: { limit?: number }): readonly { readonly body: unknown }[] }
  readonly side: Safety['side']
  /** Says something to both sides. */
  readonly say: LinkDesk['say']
}

type Ask = (device: string, point: string, command: Command) => Promise<Pick<CommandResult, 'state' | 'reason'>>

/** Messages of the safety channel that are told. */
const TOLD = 100
/** The longest that the gateway has to take one, ms. */
const PATIENCE = 5_000

export class HeardLink implements LinkDesk {
  readonly side: Safety['side']
  readonly say: LinkDesk['say']
  readonly #parts: LinkDeskParts
  readonly #bridges = new Map<string, BridgeState>()
  readonly #waiting = new Map<string, WaitingCommand>()
  readonly #devices = new Map<string, LinkDevices>()
  /** Heard since this process began: the store has them some seconds later. */
  readonly #said = new Map<string, SaidSafety>()

  constructor(parts: LinkDeskParts) {
    this.#parts = parts
    this.side = parts.side
    this.say = parts.say
  }

  /** Begins to listen. */
  start(): void {
    const { habitat, link } = this.#parts
    const on = (filter: string, handler: (name: string, payload: Buffer) => void) =>
      link.subscribe(wire(habitat, filter), (full, payload) =>
        handler((relative(habitat, full) ?? '').split('/')[1] ?? '', payload),
      )
    on('link/+/devices', (bridge, payload) => keep(this.#devices, bridge, linkDevices, payload))
    on('link/+', (bridge, payload) => keep(this.#bridges, bridge, bridgeState, payload))
    on('confirm/+', (id, payload) => keep(this.#waiting, id, waitingCommand, payload))
    on('safety/+', (_, payload) => {
      const one = parsed(safety, payload)
      if (one) this.#learn(one)
    })
  }

  bridges(): BridgeState[] {
    return [...this.#bridges.values()]
  }

  devices(): LinkDevices[] {
    return [...this.#devices.values()]
  }

  waiting(): WaitingCommand[] {
    return [...this.#waiting.values()]
  }

  safety(): SaidSafety[] {
    const all = new Map(this.#said)
    for (const { body } of this.#parts.store.records('safety', { limit: TOLD })) {
      const one = safety.safeParse(body).data
      if (one) all.set(one.id, plain(one))
    }
    return [...all.values()].sort((a, b) => b.t - a.t).slice(0, TOLD)
  }

  #learn(one: Safety): void {
    this.#said.set(one.id, plain(one))
    for (const id of this.#said.keys()) if (this.#said.size > TOLD) this.#said.delete(id)
  }
}

/**
 * Has the gateway of this habitat say something; resolves when it is journalled.
 * @throws HabtwinError link/unavailable: it may have been said all the same; command/refused: it was not
 */
export function sayHere(ask: Ask, clock: Pick<Clock, 'now'>): LinkDesk['say'] {
  return async (message) => {
    const { by } = message
    const command = { id: randomUUID(), value: JSON.stringify(message), by, expires: clock.now() + PATIENCE }
    const { state, reason } = await ask('safety', 'say', command)
    if (state === 'done') return
    if (state === 'refused') throw new HabtwinError('command/refused', reason ?? 'the gateway refused the message')
    throw new HabtwinError('link/unavailable', 'the gateway has not said that it took the message', {
      where: 'gateway',
    })
  }
}

function plain({ journal: _journal, seq: _seq, ...said }: Safety): SaidSafety {
  return said
}

/** Takes what is retained on a topic; an empty payload takes it away. */
function keep<T>(all: Map<string, T>, name: string, schema: z.ZodType<T>, payload: Buffer): void {
  const one = payload.length === 0 ? undefined : parsed(schema, payload)
  if (one === undefined) all.delete(name)
  else all.set(name, one)
}

function parsed<T>(schema: z.ZodType<T>, payload: Buffer): T | undefined {
  try {
    return schema.safeParse(JSON.parse(payload.toString())).data
  } catch {
    return undefined // no JSON: none of ours
  }
}
