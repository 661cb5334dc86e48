/**
 * What a visitor may do to the link of a virtual habitat: cut it, `command/link/cut` true, and mend it, false. Each bridge's
 * real connection is broken, without a word, and none comes about until it is mended.
 */
import { HabtwinError } from '@habtwin/contract'
import type { Own } from '../../commands/commands.ts'
import type { Channel } from '../channel.ts'
import { LinkSwitch, type SwitchParts } from './switch.ts'

export interface CutParts extends SwitchParts {
  /** True where no real instrument stands behind any device: nobody out there is missed. */
  readonly virtual: boolean
}

export class CutSwitch extends LinkSwitch {
  readonly #virtual: boolean

  constructor(parts: CutParts) {
    super(parts, { point: 'cut', on: 'The link was cut, for the demonstration', off: 'The link was mended' })
    this.#virtual = parts.virtual
  }

  /** A real habitat's is never cut, nor is one that was cut before it had real instruments. */
  override get is() {
    return this.#virtual ? super.is : undefined
  }

  override get obeys(): Own {
    if (this.#virtual) return super.obeys
    return () => {
      throw new HabtwinError('command/refused', 'only the link of a virtual habitat can be cut')
    }
  }

  /** Has a channel follow the switch, from before it begins. */
  readonly over = (channel: Pick<Channel, 'hold'>): void => {
    const follow = () => channel.hold(this.is && `cut by ${this.is.by}`)
    if (this.is) follow()
    this.changed.add(follow)
  }
}
