/** By which names and addresses this machine can be reached. */
import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`)
/** Beyond these a certificate grows larger than a small client's buffer. */
const MOST = 40

/** What the machine calls itself, and as what it is found by multicast DNS (RFC 6762). */
export function hostNames(host: string = hostname()): string[] {
  const whole = host.toLowerCase()
  if (!NAME.test(whole)) return []
  const [short = ''] = whole.split('.')
  return short === 'localhost' ? [] : [...new Set([whole, short, `${short}.local`])]
}

/**
 * Every name and address that a certificate of this machine should be for: what is configured, its own names, its IPv4
 * addresses, and loopback. IPv6 addresses only where they are configured, since privacy extensions change them daily.
 */
export function certificateNames(configured: readonly string[]): string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .flatMap(({ address, family, internal }) => (internal || family !== 'IPv4' ? [] : [address]))
  const named = configured.map(canonical).filter(isNameOrAddress)
  const all = [...named, ...hostNames(), 'localhost', '127.0.0.1', '::1', ...addresses.sort()]
  return [...new Set(all)].slice(0, MOST)
}

/** One way of writing each: names in small letters, IPv6 as short as it goes (RFC 5952). */
export function canonical(name: string): string {
  const bare = name.toLowerCase().replace(/^\[|\]$/g, '')
  return isIP(bare) === 6 ? (URL.parse(`http://[${bare}]`)?.hostname.slice(1, -1) ?? bare) : bare
}

function isNameOrAddress(name: string): boolean {
  if (isIP(name) !== 0) return name !== '0.0.0.0' && name !== '::'
  return NAME.test(name.replace(/^\*\./, ''))
}
