/** Follows the file of a receiver: what it holds then is checked, told, and brought about as far as that goes meanwhile. */
import type { ConfigStatus } from '@habtwin/contract'
import {
  aborted,
  type Clock,
  ConfigWatch,
  type Log,
  receiveChanges,
  unlikelyReceive,
  type WrittenReceive,
} from '@habtwin/runtime'
import { Reload } from '@habtwin/runtime/config/reload'
import type { DeskAudit } from './audit.ts'
import type { Settings } from './settings.ts'

export interface ReceiveSourceParts {
  readonly file: string
  readonly began: WrittenReceive
  /** Throws a ConfigError with every fault. */
  readonly parse: (text: string) => WrittenReceive
  /** Called with what looks at the file at once, as for SIGHUP. */
  readonly onLook?: (look: () => void) => void
}

export interface FollowingParts {
  readonly source: ReceiveSourceParts
  readonly settings: Settings
  readonly audit: DeskAudit
  readonly clock: Clock
  readonly log: Log
  /** Told of a bug. */
  readonly failed: (error: unknown) => void
}

export class Following {
  readonly #parts: FollowingParts
  readonly #reload: ReturnType<typeof reloadOf>

  constructor(parts: FollowingParts) {
    this.#parts = parts
    this.#reload = reloadOf(parts)
  }

  get status(): ConfigStatus {
    return this.#reload.status
  }

  get faults(): number {
    return this.#reload.faults
  }

  async run(until: AbortSignal): Promise<void> {
    const { source, clock, log, failed } = this.#parts
    using watch = new ConfigWatch({
      ...{ file: source.file, text: source.began.text, clock, log },
      onChange: (text) => void this.#reload.take(text).catch(failed),
    })
    source.onLook?.(() => watch.look())
    watch.start()
    await aborted(until)
  }
}

function reloadOf({ source, settings, audit, clock, log }: FollowingParts) {
  return new Reload({
    ...{ clock, log, file: source.file, began: source.began, parse: source.parse },
    changes: receiveChanges,
    unlikely: unlikelyReceive,
    restart: 'receiver' as const,
    apply: (after, changes) => settings.apply(after, changes),
    audit: (note) => void audit.append(note),
    tell: () => undefined,
  })
}
