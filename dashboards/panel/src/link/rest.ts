/** REST on the page's own origin: JSON in, JSON out, and errors as the problem details that the server sends. */

/** An answer that is no success, in the words of RFC 9457 and of contract/src/errors.ts. */
export class Problem extends Error {
  override readonly name = 'Problem'
  /** HTTP status; 0 where there was no answer at all. */
  readonly status: number
  readonly remedy: string | undefined

  constructor(status: number, message: string, remedy?: string) {
    super(message)
    this.status = status
    this.remedy = remedy
  }

  /** True where logging in would help. */
  get needsLogin(): boolean {
    return this.status === 401 || this.status === 403
  }
}

/** ms that an answer may take. */
const PATIENCE = 15_000
/** ms that an answer may take which has to be worked out first: by a thread that gives way to others, on a small machine. */
export const LONG = 120_000

async function ask(path: string, init: RequestInit, patience = PATIENCE): Promise<Response> {
  const timeout = AbortSignal.timeout(patience)
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout
  let response: Response
  try {
    response = await fetch(new URL(path, document.baseURI), { ...init, signal, credentials: 'same-origin' })
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw new Problem(0, 'No answer from habtwin')
  }
  if (response.ok) return response
  const body: { detail?: string; title?: string; remedy?: string } = await response.json().catch(() => ({}))
  throw new Problem(response.status, body.detail ?? body.title ?? `Answer ${response.status}`, body.remedy)
}

/** The JSON at a path (relative to the page). Throws a Problem. */
export async function get<T>(
  path: string,
  query: Record<string, string | number> = {},
  signal?: AbortSignal,
): Promise<T> {
  const search = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]))
  const full = search.size === 0 ? path : `${path}?${search}`
  const response = await ask(full, { headers: { accept: 'application/json' }, ...(signal ? { signal } : {}) })
  return response.json()
}

/** The text at a path. Throws a Problem. */
export async function getText(path: string): Promise<string> {
  return (await ask(path, {})).text()
}

export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** ms. */
  readonly patience?: number
}

/** The answer to a JSON body. Throws a Problem. */
export async function post<T>(path: string, body: unknown, options: PostOptions = {}): Promise<T> {
  const { signal, patience } = options
  const headers = { 'content-type': 'application/json', accept: 'application/json', ...options.headers }
  const init = { method: 'POST', headers, body: JSON.stringify(body), ...(signal ? { signal } : {}) }
  const response = await ask(path, init, patience)
  const text = await response.text()
  return text === '' ? ({} as T) : JSON.parse(text)
}

/** Deletes what is at a path. Throws a Problem. */
export async function remove(path: string): Promise<void> {
  await ask(path, { method: 'DELETE' })
}
