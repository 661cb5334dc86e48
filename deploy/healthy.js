/**
 * Asks the part of habtwin that runs in this container whether it is well: `node deploy/healthy.js sim`. Where it answers,
 * and whether by TLS, it has written down itself when it opened (`open/sim.json` of the data folder).
 *
 * Plain JavaScript, and nothing of ours: it runs twice a minute.
 */
import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import { get as getSecurely } from 'node:https'
import { join } from 'node:path'

/** ms; less than the container's own limit. */
const PATIENCE = 4_000
const [part = 'sim'] = process.argv.slice(2)

function end(fault) {
  if (fault !== undefined) console.error(`${part}: ${fault}`)
  process.exit(fault === undefined ? 0 : 1)
}

try {
  const { url } = JSON.parse(readFileSync(join(process.env.HABTWIN_DATA ?? '/data', 'open', `${part}.json`), 'utf8'))
  const asked = new URL('/healthz', url)
  // it is this very machine, by whatever name its certificate is for, and nothing is told that is secret
  const answer = { rejectUnauthorized: false, timeout: PATIENCE }
  const asking = (asked.protocol === 'https:' ? getSecurely : get)(asked, answer, ({ statusCode }) =>
    end(statusCode === 200 ? undefined : `it answers ${statusCode}`),
  )
  asking.on('timeout', () => end(`no answer within ${PATIENCE} ms`))
  asking.on('error', (error) => end(error.message))
} catch (error) {
  end(error.message)
}
