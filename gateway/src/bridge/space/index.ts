/** What an analog mission puts between the habitat and everybody else, and what stays outside of it. */
import type { BridgeConfig, Clock, Log } from '@habtwin/runtime'
import { linkPlanOf } from '@habtwin/runtime/config/space'
import type { Own } from '../../commands/commands.ts'
import type { Channel } from '../channel.ts'
import { CutSwitch } from './cut.ts'
import { EmergencySwitch } from './emergency.ts'
import { SafetyChannel, type SafetyParts } from './safety.ts'
import { SimulatedChannel } from './simulated.ts'

export interface SpaceParts extends Pick<SafetyParts, 'journal' | 'send' | 'refused'> {
  readonly clock: Clock
  readonly log: Log
  /** Of the configuration, ms. */
  readonly mission: { readonly epoch: number; readonly day: number } | undefined
  /** True where no real instrument stands behind any device. */
  readonly virtual: boolean
  /** A text of a name that outlives the process. */
  readonly state: (name: string) => { load(): string | undefined; save(text: string): void }
}

export class Space {
  readonly safety: SafetyChannel
  readonly emergency: EmergencySwitch
  readonly cut: CutSwitch
  readonly #parts: SpaceParts

  constructor(parts: SpaceParts) {
    this.#parts = parts
    this.safety = new SafetyChannel(parts)
    this.emergency = new EmergencySwitch({ ...parts, state: parts.state('link/emergency') })
    this.cut = new CutSwitch({ ...parts, state: parts.state('link/cut') })
  }

  /** What `command/link/…` and `command/safety/…` do. */
  get own(): Readonly<Record<'link' | 'safety', Own>> {
    const link: Own = (point, command) => (point === 'cut' ? this.cut : this.emergency).obeys(point, command)
    return { link, safety: this.safety.obeys }
  }

  /** The channel of a bridge: with what is simulated, where anything is. */
  readonly through = (bridge: string, config: BridgeConfig, direct: Channel): Channel => {
    const { clock, log, mission, state } = this.#parts
    this.cut.over(direct)
    const plan = linkPlanOf(config, mission)
    // a budget alone delays nothing, but ends in an emergency as well
    if (plan === undefined && config.rate === undefined && config.per_contact === undefined) return direct
    const channel = new SimulatedChannel({
      ...{ inner: direct, clock, log, plan: plan ?? {} },
      emergency: () => this.emergency.is,
      state: state(`link/${bridge}/inbound`),
    })
    this.emergency.changed.add(() => channel.switched())
    return channel
  }
}
