/** `habtwin gateway` */
import { runGateway } from '@habtwin/gateway/main'
import { createLog, dataFolder, systemClock } from '@habtwin/runtime'
import { type HabitatOptions, readConfig } from '../habitat.ts'
import { tellParent } from '../parent.ts'
import { untilStopped } from '../stop.ts'
import { version } from '../version.ts'

export async function gateway(options: HabitatOptions): Promise<undefined> {
  process.title = 'habtwin gateway'
  const config = await readConfig(options.config)
  const log = await createLog('gateway')
  const onReady = (addresses: Record<string, string | undefined>) => tellParent({ ready: 'gateway', addresses })
  await runGateway(
    { config, folder: dataFolder(options.data), clock: systemClock, log, version, onReady },
    untilStopped(),
  )
}
