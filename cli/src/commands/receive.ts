/** `habtwin receive`: mission control's side. Any number of these may share one data folder. */
import {
  createLog,
  dataFolder,
  loadReceiveConfig,
  type ReceiveConfig,
  ReceiveSource,
  systemClock,
  type WrittenReceive,
} from '@habtwin/runtime'
import { tellOpen } from '@habtwin/runtime/open'
import { folderOf } from '@habtwin/sim-core/receive/folder'
import { runReceive } from '@habtwin/sim-core/receive/main'
import { adoptNode } from '@habtwin/sim-core/receive/node'
import { tellParent } from '../parent.ts'
import { brokerOf } from '../receive/broker.ts'
import { onReload, untilStopped } from '../stop.ts'
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
  const source = options.config === undefined ? undefined : new ReceiveSource(options.config)
  const began = source?.read()
  const config = began?.config ?? loadReceiveConfig(undefined)
  const log = await createLog('receive')
  const stop = untilStopped()
  const onReady = (ready: Record<string, string | undefined>) => {
    tellOpen(folder, 'receive', ready.panel, config.http.panel.tls)
    if (tellParent({ ready: 'receive', addresses: ready })) return
    process.stdout.write(options.json ? `${JSON.stringify({ ready })}\n` : greeting(config, ready, folder.root))
  }
  const common = { config, folder, clock: systemClock, log, version, onReady }
  const broker = config.broker.url === undefined ? brokerOf(common) : undefined
  const followed = source && began && followedBy(source, began, stop)
  await runReceive({ ...common, broker, source: followed }, stop)
}

function followedBy(source: ReceiveSource, began: WrittenReceive, stop: AbortSignal) {
  return {
    ...{ file: source.file, began, parse: (text: string) => source.parse(text) },
    onLook: (look: () => void) => onReload(look, stop),
  }
}

function greeting(
  { receive, broker, http }: ReceiveConfig,
  open: Record<string, string | undefined>,
  data: string,
): string {
  return `
  ${receive.label} is receiving.

    panel      ${http.panel.tls ? 'https' : 'http'}://${open.panel}
    broker     ${open.mqtt ?? [broker.url].flat().join(', ')}
    data       ${data}

  Ctrl-C ends it.

`
}
