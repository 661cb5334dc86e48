/** `habtwin gateway` */
import { runGateway } from '@habtwin/gateway/main'
import { createLog, dataFolder, systemClock } from '@habtwin/runtime'
import { tellOpen } from '@habtwin/runtime/open'
import { configSource, type HabitatOptions } from '../habitat.ts'
import { tellParent } from '../parent.ts'
import { onReload, untilStopped } from '../stop.ts'
import { version } from '../version.ts'

export async function gateway(options: HabitatOptions): Promise<undefined> {
  process.title = 'habtwin gateway'
  const source = await configSource(options.config)
  const began = source.read()
  const log = await createLog('gateway')
  const folder = dataFolder(options.data)
  const onReady = (addresses: Record<string, string | undefined>) => {
    tellOpen(folder, 'gateway', addresses.gateway, began.config.http.gateway.tls)
    tellParent({ ready: 'gateway', addresses })
  }
  const stop = untilStopped()
  const followed = {
    ...{ file: source.file, began, parse: (text: string) => source.parse(text) },
    onLook: (look: () => void) => onReload(look, stop),
  }
  const common = { config: began.config, folder, clock: systemClock, log, version, onReady }
  await runGateway({ ...common, source: followed }, stop)
}
