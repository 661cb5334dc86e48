/** `habtwin sim` */
import { createLog, dataFolder, systemClock } from '@habtwin/runtime'
import { runSim } from '@habtwin/sim-core/main'
import { type HabitatOptions, readConfig } from '../habitat.ts'
import { tellParent } from '../parent.ts'
import { untilStopped } from '../stop.ts'
import { version } from '../version.ts'

export async function sim(options: HabitatOptions): Promise<undefined> {
  process.title = 'habtwin sim'
  const config = await readConfig(options.config)
  const log = await createLog('sim')
  const onReady = (addresses: Record<string, string | undefined>) => tellParent({ ready: 'sim', addresses })
  await runSim({ config, folder: dataFolder(options.data), clock: systemClock, log, version, onReady }, untilStopped())
}
