/** A broker in a process of its own, to be killed: `node kill.worker.ts FOLDER PORT [5]`, with MQTT 5 where it says so. Says its port when it is open. */
import { createBroker } from './broker.ts'

const [folder = '', port = '0', five] = process.argv.slice(2)
const tcp = { host: '127.0.0.1', port: Number(port) }
const broker = createBroker({ open: [], folder, tcp, mqtt5: five === '5' })
await broker.start()
process.stdout.write(`${broker.address('tcp')?.split(':')[1]}\n`)
