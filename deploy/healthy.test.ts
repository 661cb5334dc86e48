/** The health check of the containers, as Docker runs it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { dataFolder } from '@habtwin/runtime'
import { tellOpen } from '@habtwin/runtime/open'
import { makeAuthority, makeServer } from '@habtwin/runtime/tls/make'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '..')
const files = ['docker-compose.yml', 'deploy/mission-control/docker-compose.yml']

test('every part of habtwin in a compose file is asked by the script, under its own name', () => {
  for (const file of files) {
    const { services } = parse(readFileSync(join(root, file), 'utf8'))
    for (const { command, healthcheck } of Object.values(services) as {
      command?: string[]
      healthcheck?: { test: string[] }
    }[]) {
      if (command === undefined) continue
      assert.deepEqual(healthcheck?.test, ['CMD', 'node', 'deploy/healthy.js', command[0]], file)
    }
  }
})

test('it asks where the process answers, by TLS or not; whoever is not well, or not there, is not', async () => {
  const data = mkdtempSync(join(tmpdir(), 'habtwin-healthy-'))
  const validity = { from: Date.now() - 60_000, to: Date.now() + 3_600_000 }
  // for another name than it is asked by: it is this machine all the same
  const { certificate, key } = await makeServer(['habitat.example'], validity, await makeAuthority('sam', validity))
  let status = 200
  const answer = (request: { url?: string | undefined }, response: { writeHead(status: number): { end(): void } }) =>
    void response.writeHead(request.url === '/healthz' ? status : 404).end()
  const plain = createServer(answer)
  const secure = createSecureServer({ cert: certificate, key }, answer)
  try {
    for (const [server, tls] of [
      [plain, false],
      [secure, true],
    ] as const) {
      tellOpen(dataFolder(data), 'sim', `0.0.0.0:${await listening(server)}`, tls)
      status = 200
      assert.deepEqual(await healthy(data), [0, ''])
      status = 503
      assert.deepEqual(await healthy(data), [1, 'sim: it answers 503\n'])
      server.close()
      const [code, why] = await healthy(data)
      assert.equal(code, 1)
      assert.match(why, /ECONNREFUSED/)
    }
    assert.match((await healthy(join(data, 'elsewhere')))[1], /no such file/)
  } finally {
    plain.close()
    secure.close()
    rmSync(data, { recursive: true })
  }
})

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function healthy(data: string): Promise<[code: number, said: string]> {
  const child = spawn(process.execPath, [join(root, 'deploy/healthy.js'), 'sim'], {
    env: { ...process.env, HABTWIN_DATA: data },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (text: Buffer) => {
    said += text
  })
  const [code] = (await once(child, 'close')) as [number]
  return [code, said]
}
