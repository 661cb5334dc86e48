/** A broker in a process of its own, to be killed: `node kill.worker.ts FOLDER PORT`. Says its port when it is open. */
import { createBroker } from './broker.ts'

const [folder = '', port = '0'] = process.argv.slice(2)
const broker = createBroker({ open: [], folder, tcp: { host: '127.0.0.1', port: Number(port) } })
await broker.start()
process.stdout.write(`${broker.address('tcp')?.split(':')[1]}\n`)
