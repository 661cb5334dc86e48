/**
 * Which requests may come in at all. A name of somebody else's can be pointed at this machine (DNS rebinding), and
 * any page may send requests to localhost; so the name asked for and the page that asks are both checked.
 */
import { isIP } from 'node:net'

/** True for addresses and names that only this machine can reach. */
export function isLoopback(host: string): boolean {
  const name = bare(host)
  if (name === 'localhost' || name === '::1') return true
  const four = name.startsWith('::ffff:') ? name.slice(7) : name
  return isIP(four) === 4 && four.startsWith('127.')
}

/** Headers by which a proxy says that it speaks for somebody else. */
const proxyHeaders = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-server',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
]

/** True where the headers say that the request came by a proxy: then it is never local. */
export function isProxied(headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
  return proxyHeaders.some((name) => headers[name] !== undefined)
}

/** uri-host [":" port] of RFC 9110, 7.2, without what no name of ours has. */
const header = /^(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i

/**
 * True where a request may be answered.
 * @param host the Host header: loopback, the address listened on, or one of `names`
 * @param origin the Origin header, absent where no page asks; it must be the very host and port asked for
 * @param bound the address listened on; where that is all of them, any bare address will do: it cannot be rebound
 * @param neighbours true where pages of any port of this machine may ask: the panel's, at the broker
 * @param secure true where TLS is spoken: then a page that came without, which anybody on the way could have written,
 *   may not ask, but for one of this machine
 */
export function mayEnter(
  host: string | undefined,
  origin: string | undefined,
  bound: string,
  names: readonly string[],
  { neighbours = false, secure = false }: { neighbours?: boolean; secure?: boolean } = {},
): boolean {
  const asked = header.test(host ?? '') ? URL.parse(`http://${host}`) : null
  if (asked === null) return false
  const name = bare(asked.hostname)
  const every = bound === '0.0.0.0' || bound === '::'
  const own = (one: string) => isLoopback(one) || names.some((other) => other.toLowerCase() === one)
  if (!own(name) && name !== bare(bound) && !(every && isIP(name) !== 0)) return false
  if (origin === undefined) return true
  const page = URL.parse(origin)
  if (page === null) return false
  const from = bare(page.hostname)
  if (secure && page.protocol !== 'https:' && !isLoopback(from)) return false
  if (neighbours) return from === name || own(from)
  // a default port is left out of either, depending on who wrote it
  return from === name && port(page) === port(URL.parse(`${page.protocol}//${host}`))
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '').toLowerCase()
}

function port(url: URL | null): string | undefined {
  return url?.port
}
