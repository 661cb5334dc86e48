/** `habtwin broker`: the broker of a habitat, and nothing else of it. */
import { runBroker } from '@habtwin/gateway/broker-alone'
import { type Config, createLog, dataFolder, systemClock } from '@habtwin/runtime'
import { tellOpen } from '@habtwin/runtime/open'
import { type HabitatOptions, readConfig } from '../habitat.ts'
import { untilStopped } from '../stop.ts'
import { version } from '../version.ts'

export async function broker(options: HabitatOptions): Promise<undefined> {
  process.title = 'habtwin broker'
  const config = await readConfig(options.config)
  const folder = dataFolder(options.data)
  const log = await createLog('broker')
  const onReady = (ready: Record<string, string | undefined>) => {
    tellOpen(folder, 'broker', ready.gateway, config.http.gateway.tls)
    process.stdout.write(options.json ? `${JSON.stringify({ ready })}\n` : greeting(config, ready, folder.root))
  }
  await runBroker({ config, folder, clock: systemClock, log, version, onReady }, untilStopped())
}

function greeting({ habitat }: Config, open: Record<string, string | undefined>, data: string): string {
  const rows = [
    ['MQTT', open.mqtt],
    ['with TLS', open.mqtts],
    ['WebSocket', open.websocket],
    ['health', open.gateway],
    ['data', data],
  ].flatMap(([name = '', where]) => (where === undefined ? [] : [`    ${name.padEnd(10)} ${where}\n`]))
  return `\n  The broker of ${habitat.label} is open.\n\n${rows.join('')}\n  Ctrl-C ends it.\n\n`
}
