/**
 * `habtwin warm`: loads what gateway and sim load, and nothing more, so that the compile cache has all of it and the
 * first start is as quick as the others. Run by npm's `prepare`.
 */
import { flushCompileCache } from 'node:module'
import { loadDrivers } from '@habtwin/gateway/drivers/fleet'

export async function warm(): Promise<undefined> {
  await Promise.all([
    import('./up.ts'),
    import('./gateway.ts'),
    import('./sim.ts'),
    import('@habtwin/sim-core/http/index'),
    import('@habtwin/gateway/virtual/world'),
    import('@habtwin/sim-core/jobs/execute'),
    import('@habtwin/sim-core/jobs/slab'),
    import('@habtwin/sim-core/jobs/intake'),
    loadDrivers(),
  ])
  flushCompileCache()
}
