/** `habtwin receive`: mission control's side. Any number of these may share one data folder. */
import { createLog, dataFolder, loadReceiveConfig, type ReceiveConfig, systemClock } from '@habtwin/runtime'
import { folderOf } from '@habtwin/sim-core/receive/habitat'
import { runReceive } from '@habtwin/sim-core/receive/main'
import { adoptNode } from '@habtwin/sim-core/receive/node'
import { brokerOf } from '../receive/broker.ts'
import { untilStopped } from '../stop.ts'
import { version } from '../version.ts'

export interface ReceiveOptions {
  readonly config?: string
  readonly data: string
  readonly json?: boolean
  /** `sam=new-pi`: this node takes the place of the habitat's. */
  readonly node?: readonly { readonly habitat: string; readonly node: string }[]
}

export async function receive(options: ReceiveOptions): Promise<undefined> {
  process.title = 'habtwin receive'
  const folder = dataFolder(options.data)
  if (options.node) {
    for (const { habitat, node } of options.node) {
      adoptNode(folderOf(folder.root, habitat), node)
      process.stdout.write(`${node} is from now on the node of ${habitat}\n`)
    }
    return
  }
  const config = loadReceiveConfig(options.config)
  const log = await createLog('receive')
  const stop = untilStopped()
  const onReady = (ready: Record<string, string | undefined>) =>
    process.stdout.write(options.json ? `${JSON.stringify({ ready })}\n` : greeting(config, ready, folder.root))
  const common = { config, folder, clock: systemClock, log, version, onReady }
  const broker = config.broker.url === undefined ? brokerOf(common) : undefined
  await runReceive({ ...common, broker }, stop)
}

function greeting({ receive, broker }: ReceiveConfig, open: Record<string, string | undefined>, data: string): string {
  return `
  ${receive.label} is receiving.

    panel      http://${open.panel}
    broker     ${open.mqtt ?? [broker.url].flat().join(', ')}
    data       ${data}

  Ctrl-C ends it.

`
}
