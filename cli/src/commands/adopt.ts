/** `habtwin recorder adopt` */
import { randomUUID } from 'node:crypto'
import { commandResult, HabtwinError, topic, wire } from '@habtwin/contract'
import { dataFolder, systemClock } from '@habtwin/runtime'
import { Link } from '@habtwin/runtime/mqtt'
import { type HabitatOptions, readConfig } from '../habitat.ts'

/** How long the gateway may take to answer, ms. */
const PATIENCE = 5_000

export async function adopt(store: string, options: HabitatOptions): Promise<undefined> {
  const { habitat } = await readConfig(options.config)
  const id = randomUUID()
  await using link = new Link({
    socketPath: dataFolder(options.data).sockets.service,
    clientId: `adopt-${id.slice(0, 8)}`,
  })
  const answered = Promise.withResolvers<string>()
  link.subscribe(wire(habitat.id, topic.result('recorder', id)), (_topic, payload) => {
    const result = commandResult.parse(JSON.parse(payload.toString()))
    if (result.state === 'done') answered.resolve(`store ${store} is adopted`)
    else answered.reject(new HabtwinError('command/refused', result.reason ?? result.state))
  })
  link.on('up', () => {
    const command = { id, value: store, by: 'console', expires: systemClock.now() + PATIENCE }
    link.publish(wire(habitat.id, topic.command('recorder', 'adopt')), JSON.stringify(command)).catch(answered.reject)
  })
  const late = systemClock.after(PATIENCE, () =>
    answered.reject(
      new HabtwinError('link/unavailable', 'the gateway does not answer; is it running with this data folder?'),
    ),
  )
  link.start()
  try {
    process.stdout.write(`${await answered.promise}\n`)
  } finally {
    late.cancel()
  }
}
