/** A habitat's configuration that is changed while the gateway runs; the file's way is in runtime's `config/reload.ts`. */
import { type Config, configChanges, type Needs, unlikely, type WrittenConfig } from '@habtwin/runtime'
import { Reload as Reloading, type ReloadParts as ReloadingParts } from '@habtwin/runtime/config/reload'

export interface ReloadParts
  extends Omit<ReloadingParts<WrittenConfig, Needs>, 'changes' | 'unlikely' | 'restart' | 'apply'> {
  /** Brings about what can be while it runs. Throws a `config/*` error, and has changed nothing then. */
  readonly apply: (config: Config) => Promise<void>
}

export class Reload extends Reloading<WrittenConfig, Needs> {
  constructor(parts: ReloadParts) {
    super({
      ...parts,
      changes: configChanges,
      unlikely,
      restart: 'gateway',
      apply: ({ config }) => parts.apply(config),
    })
  }
}
