/** A cluster of NATS servers with JetStream, which speak MQTT 3.1.1 and hold between them what is retained. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, startServer, type TestServer, takesConnections } from './servers.ts'

/** @param size servers; of three, one may be away */
export async function startNatsCluster(size = 3): Promise<readonly TestServer[]> {
  const places = []
  for (let i = 0; i < size; i++)
    places.push({ mqtt: await freePort(), client: await freePort(), cluster: await freePort() })
  const routes = places.map(({ cluster }) => `nats://127.0.0.1:${cluster}`).join(', ')
  return Promise.all(
    places.map(async ({ mqtt, client, cluster }, i) => {
      const server = await startServer('nats-server', mqtt, takesConnections, (folder) => {
        const config = `server_name: n${i}
host: 127.0.0.1
port: ${client}
jetstream { store_dir: "${folder}/jetstream", max_memory_store: 64MB, max_file_store: 1GB }
cluster { name: c, host: 127.0.0.1, port: ${cluster}, routes: [${routes}] }
mqtt { host: 127.0.0.1, port: ${mqtt} }
`
        writeFileSync(join(folder, 'nats.conf'), config)
        return ['-c', join(folder, 'nats.conf')]
      })
      return Object.assign(server, { url: `mqtt://127.0.0.1:${mqtt}` })
    }),
  )
}
