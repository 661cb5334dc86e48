/** What comes from a habitat, before anybody takes it: is it from its node, when was it heard, is it many in one? */
import { isHabtwinError } from '@habtwin/contract'
import type { Clock, Throttle } from '@habtwin/runtime'
import { isBundle, messagesOf } from './bundles.ts'
import { OneNode } from './node.ts'

export interface ArrivalsParts {
  readonly habitat: string
  /** The habitat's, which exists. */
  readonly folder: string
  readonly consumer: string
  /** True where whoever runs the broker takes bundles apart into it. */
  readonly unbundled: boolean
  /** When anything was last heard by an earlier process, ms. */
  readonly heard: number | undefined
  readonly clock: Pick<Clock, 'now'>
  readonly throttle: Throttle
  /** Takes a message that was in a bundle. @param path below `hab/{habitat}/` */
  readonly take: (path: string, payload: Buffer) => void
  /** Something was heard that was said just now. */
  readonly stirred: () => void
}

export class Arrivals {
  readonly node: OneNode
  readonly #parts: ArrivalsParts
  #heard: number | undefined

  constructor(parts: ArrivalsParts) {
    const { folder, throttle, habitat } = parts
    this.#parts = parts
    this.#heard = parts.heard
    this.node = new OneNode(folder, (node, own) =>
      throttle.hit(`a second node says to be this habitat: ${node}, where it is ${own}`, { habitat, node, own }),
    )
  }

  /** When anything was last heard, ms; undefined where nothing ever was. */
  get heard(): number | undefined {
    return this.#heard
  }

  /** False for what is to be dropped. @param path below `hab/{habitat}/` */
  admits(path: string, payload: Buffer, retained: boolean): boolean {
    const { clock, consumer, unbundled, stirred } = this.#parts
    if (!this.node.admits(path, payload)) return false
    if (!retained) {
      this.#heard = clock.now()
      stirred()
    }
    if (!isBundle(path, consumer)) return true
    if (!unbundled) this.#unbundle(path, payload)
    return false
  }

  #unbundle(path: string, payload: Buffer): void {
    const { take, throttle } = this.#parts
    try {
      for (const one of messagesOf(payload)) take(one.topic, Buffer.from(one.payload))
    } catch (error) {
      if (!isHabtwinError(error, 'link/bundle')) throw error
      throttle.hit('a bundle was refused', `${path}: ${error.message}`)
    }
  }
}
