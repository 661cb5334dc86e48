/**
 * Hands messages to whoever asked for them: to the sessions that are kept, and to everyone who is there. What Aedes does
 * for that in a dozen steps, with some promises on the way, is done at once here, so that no message overtakes another:
 * an older one Aedes takes for one that was delivered already, and drops it.
 */
import type { Aedes, Client, PublishPacket } from 'aedes'
import type { Emitter } from './emitter.ts'
import type { Persistence } from './persistence/persistence.ts'

type Done = (error?: Error | null) => void

/** Publishes a message of a client, or of this process. @param done called once everyone has it who can take it */
export type Publish = (packet: Said, sender: Client | null | undefined, done: Done) => void

/** What of a packet is published. */
export type Said = Pick<PublishPacket, 'topic' | 'payload' | 'qos' | 'retain'>

/** Makes Aedes 1.2 publish everything so: what clients send, wills, and what this process says. */
export function dispatchBy(aedes: Aedes, emitter: Emitter, persistence: Persistence): Publish {
  const numbers = aedes as unknown as { counter: number }
  const publish: Publish = ({ topic, payload, qos, retain }, sender, done) => {
    if (topic === NOWHERE) {
      done()
      return
    }
    const message = {
      cmd: 'publish',
      brokerId: aedes.id,
      brokerCounter: ++numbers.counter,
      topic,
      payload: payload ?? NOTHING,
      qos: qos ?? 0,
      retain: retain ?? false,
      dup: false,
      messageId: undefined,
      clientId: sender?.id,
    }
    if (message.retain) persistence.storeRetained(message)
    if (message.qos > 0) persistence.enqueue(message)
    emitter.emit(message, done)
  }
  // as Aedes has it: with the client that sends it, or without
  const either = (packet: PublishPacket, sender: Client | Done, done?: Done) => {
    if (typeof sender === 'function') publish(packet, undefined, sender)
    else publish(packet, sender, done ?? nothing)
  }
  aedes.publish = either as Aedes['publish']
  return publish
}

/** Where a message goes that Aedes has no more to do with: nobody can subscribe to it. */
export const NOWHERE = '$habtwin/nowhere'
const NOTHING = Buffer.alloc(0)

function nothing(): void {}
