/**
 * What a bridge sends into and hears from:
 *
 *   bridge ─► channel ─► link ─► other broker
 *             direct: at once · simulated: minutes later, and only while there is contact
 *
 * Topics are those below `hab/{habitat}/`; the link knows what stands before that at the other side.
 */
import type { BridgeState } from '@habtwin/contract'

export interface Message {
  /** Below `hab/{habitat}/`. Those of `isRealTime` cross at once in every channel. */
  readonly topic: string
  readonly payload: string | Buffer
  readonly retain: boolean
}

/** Called once: without an error when the other broker has taken the message, else with why it may not have. */
export type Done = (error?: Error) => void

export interface ChannelEvents {
  /** `up`, `open`, `delay` or what is told may have changed. */
  onChange(): void
  onReceive(message: Message): void
}

/** What a channel has to say in `link/{bridge}`. */
export type ChannelWords = Pick<BridgeState, 'delay' | 'simulated' | 'plan' | 'emergency' | 'contact' | 'next'>

export interface Channel extends AsyncDisposable {
  /** The other broker is connected: what is in real time crosses. */
  readonly up: boolean
  /** Everything else crosses as well, now. */
  readonly open: boolean
  /** What a message takes one way beside the network's own time, ms. */
  readonly delay: number
  /** Why it is not up, or what the other side refuses. */
  readonly reason: string | undefined
  words(): ChannelWords
  /** True where rate and bytes per contact are not to be kept: an emergency. */
  readonly unlimited: boolean
  /**
   * True where what was sent outlives a connection that is lost: it arrives when there is one again, and need not be sent
   * anew. Its `done` is then called once, however long that takes.
   */
  readonly keeps: boolean
  /** Begins. Everything that happens is told to `events` from now on. */
  start(events: ChannelEvents): void
  /**
   * Sends a message, in the order of the calls.
   * Where the channel is not up, or goes down before it was taken, `done` is called with link/unavailable.
   */
  send(message: Message, done: Done): void
  /** Gives the connection up and begins a new one: nothing moves on it. */
  renew(why: string): void
  /** Breaks the connection and lets none come about; undefined: it may again. */
  hold(why: string | undefined): void
}
