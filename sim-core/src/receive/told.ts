/** What a habitat says of itself, as it was last told: the habitat, its link, its twin; and how its clock stands. */
import { type BridgeState, bridgeState, topic } from '@habtwin/contract'
import { type HabitatAbout, habitatAbout } from '@habtwin/contract/habitats'
import type { Clock } from '@habtwin/runtime'
import { Skew } from './skew.ts'

/** State that is kept as it was told, by topic. */
export const STATES = ['about', 'twin/#', 'link/+', 'control/+/+', 'confirm/+', 'audit/+'] as const

export class Told {
  readonly skew = new Skew()
  readonly #states: Map<string, unknown>
  readonly #clock: Pick<Clock, 'now' | 'mono'>
  /** Where the bridge that leads here says how it stands. */
  readonly #link: string

  /**
   * @param states what was told before a restart, by topic
   * @param consumer what the gateway calls the bridge that leads here
   */
  constructor(states: Map<string, unknown>, consumer: string, clock: Pick<Clock, 'now' | 'mono'>) {
    this.#states = states
    this.#link = topic.link(consumer)
    this.#clock = clock
  }

  get all(): ReadonlyMap<string, unknown> {
    return this.#states
  }

  /** State by topic, of all topics that begin so. */
  of(prefix: string): Map<string, unknown> {
    return new Map([...this.#states].filter(([name]) => name.startsWith(prefix)))
  }

  /** What the bridge that leads here says of itself. */
  get bridge(): BridgeState | undefined {
    return bridgeState.safeParse(this.#states.get(this.#link)).data
  }

  get about(): HabitatAbout | undefined {
    return habitatAbout.safeParse(this.#states.get('about')).data
  }

  /**
   * Takes the word on a state; empty where there is none any more.
   * @param path below `hab/{habitat}/`
   * @param retained true for what was told before this was listened to
   * @returns true where the bridge that leads here says that it is up
   */
  hear(path: string, payload: Buffer, retained: boolean): boolean {
    if (payload.length === 0) {
      this.#states.delete(path)
      return false
    }
    try {
      this.#states.set(path, JSON.parse(payload.toString()))
    } catch {
      return false // not what a gateway of ours says
    }
    if (path !== this.#link) return false
    const { bridge } = this
    if (bridge && !retained) this.skew.heard(bridge.t, this.#clock.now(), this.#clock.mono())
    return bridge?.state === 'up'
  }
}
