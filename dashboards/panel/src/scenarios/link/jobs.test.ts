import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { Problem } from '../../link/rest.ts'
import { fetchJob, submit } from './jobs.ts'

let answer = Promise.withResolvers<ServerResponse>()
const server = createServer((_, response) => answer.resolve(response))

before(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  Object.assign(globalThis, { document: { baseURI: `http://127.0.0.1:${port}/` } })
})
after(() => {
  server.close()
  server.closeAllConnections()
})

test('a run is waited for where reading the request takes a minute, and told where there is no answer at all', async (context) => {
  const timeouts: { ms: number; end: () => void }[] = []
  context.mock.method(AbortSignal, 'timeout', (ms: number) => {
    const controller = new AbortController()
    timeouts.push({ ms, end: () => controller.abort() })
    return controller.signal
  })
  const pass = (passed: number) => {
    for (const { ms, end } of timeouts) if (ms <= passed) end()
  }
  /** Asks, and lets time pass before there is an answer. */
  const asked = async <T>(ask: () => Promise<T>, passed: number): Promise<T> => {
    answer = Promise.withResolvers()
    const asking = ask()
    asking.catch(() => undefined) // whoever waits is told
    const response = await answer.promise
    pass(passed)
    response.end('{"id":"a"}')
    return asking
  }
  const noAnswer = (error: unknown) => error instanceof Problem && error.status === 0
  const run = () => submit({ scenario: 'one_human' }, 'key')
  assert.deepEqual(await asked(run, 60_000), { id: 'a' })
  await assert.rejects(
    asked(() => fetchJob('a'), 60_000),
    noAnswer,
  )
  await assert.rejects(asked(run, 600_000), noAnswer)
})
