/** `habtwin report`: the daily operations report of a running sim, as Markdown or CSV. */
import { writeFile } from 'node:fs/promises'
import { type ErrorCode, errorTable, HabtwinError, messageOf } from '@habtwin/contract'

export interface ReportOptions {
  readonly url: string
  readonly sol?: number
  readonly date?: string
  readonly format: 'md' | 'csv' | 'json'
  readonly out?: string
}

/** A year's readings may have to be read from a slow card, ms. */
const PATIENCE = 120_000

export async function report({ url, sol, date, format, out }: ReportOptions): Promise<undefined> {
  const address = addressOf(url)
  address.searchParams.set('format', format)
  if (sol !== undefined) address.searchParams.set('sol', String(sol))
  if (date !== undefined) address.searchParams.set('date', date)
  const text = await fetchText(address)
  if (out === undefined) {
    process.stdout.write(text)
    return undefined
  }
  try {
    await writeFile(out, text)
  } catch (error) {
    throw new HabtwinError('run/output', `the report cannot be written to ${out}: ${messageOf(error)}`, {
      cause: error,
    })
  }
  process.stderr.write(`report in ${out}\n`)
  return undefined
}

/** Where sim answers; a base path is kept, for a sim behind a proxy. */
function addressOf(url: string): URL {
  try {
    return new URL('api/report', url.endsWith('/') ? url : `${url}/`)
  } catch (error) {
    throw new HabtwinError('request/invalid', `--url ${url} is no address; write for example http://127.0.0.1:8080`, {
      cause: error,
    })
  }
}

/** @throws HabtwinError with the server's code and words; link/unavailable where nobody answers */
async function fetchText(address: URL): Promise<string> {
  let answer: Response
  try {
    const token = process.env.HABTWIN_TOKEN
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
    answer = await fetch(address, { headers, signal: AbortSignal.timeout(PATIENCE) })
  } catch (error) {
    throw new HabtwinError('link/unavailable', `no habtwin answers at ${address.origin}; does it run?`, {
      where: address.origin,
      cause: error,
    })
  }
  const text = await answer.text()
  if (answer.ok) return text
  const { code, detail } = problemIn(text)
  throw new HabtwinError(code ?? 'request/invalid', detail ?? `${address.origin} answers ${answer.status}`, {
    where: address.origin,
  })
}

function problemIn(text: string): { code?: ErrorCode; detail?: string } {
  try {
    const { code, detail } = JSON.parse(text) as { code?: unknown; detail?: unknown }
    return {
      ...(typeof code === 'string' && Object.hasOwn(errorTable, code) ? { code: code as ErrorCode } : {}),
      ...(typeof detail === 'string' ? { detail } : {}),
    }
  } catch {
    return {} // somebody else answers there
  }
}
