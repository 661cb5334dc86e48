/**
 * What stands before a TLS server: no more handshakes at once than an address may have, none that takes for ever, and
 * a count of each that comes to nothing, by its reason.
 */
import type { Socket } from 'node:net'
import type { Server, TLSSocket } from 'node:tls'
import { userOf } from './client-user.ts'

/** Why a TLS connection was not let in. Each is a label of a metric. */
export type TlsRefusal =
  | 'tls-plain-text'
  | 'tls-too-slow'
  | 'tls-version'
  | 'tls-distrusts-us'
  | 'tls-handshakes'
  | 'tls-broken'
  | 'tls-certificate-missing'
  | 'tls-certificate-expired'
  | 'tls-certificate-foreign'
  | 'tls-certificate-nameless'

/** Handshakes that one address may have open at once: each costs a signature, and nobody is known yet. */
const AT_ONCE = 32

/**
 * Guards a server that was made with `handshakeTimeout`.
 * @param refused told of each connection that came to nothing
 * @param atOnce handshakes of one address that may be open
 */
export function guardHandshakes(
  server: Server,
  refused: (reason: TlsRefusal, from: string) => void,
  atOnce: number = AT_ONCE,
): void {
  const open = new Map<string, number>()
  const begin = server.listeners('connection') as ((socket: Socket) => void)[]
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    const from = socket.remoteAddress ?? ''
    const count = open.get(from) ?? 0
    if (count >= atOnce) {
      refused('tls-handshakes', from)
      socket.destroy()
      return
    }
    open.set(from, count + 1)
    const done = () => {
      ended.delete(socket)
      const left = (open.get(from) ?? 1) - 1
      if (left > 0) open.set(from, left)
      else open.delete(from)
    }
    ended.set(socket, done)
    socket.once('close', () => ended.get(socket)?.())
    for (const listener of begin) listener.call(server, socket)
  })
  const ended = new Map<Socket, () => void>()
  const over = (secure: TLSSocket) => ended.get(rawOf(secure))?.()
  server.prependListener('secureConnection', over)
  server.on('tlsClientError', (error: NodeJS.ErrnoException, secure) => {
    refused(reasonOf(error), secure.remoteAddress ?? '')
    over(secure)
    secure.destroy()
  })
}

/** The connection under a TLS one. Node has no other name for it. */
function rawOf(secure: TLSSocket): Socket {
  return (secure as unknown as { _parent: Socket })._parent
}

/** What OpenSSL and Node say when a handshake fails, in fewer words. */
function reasonOf({ code = '', message }: NodeJS.ErrnoException): TlsRefusal {
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return 'tls-too-slow'
  if (/WRONG_VERSION_NUMBER|HTTP_REQUEST|HTTPS_PROXY_REQUEST/.test(code)) return 'tls-plain-text'
  if (/UNSUPPORTED_PROTOCOL|NO_SHARED_CIPHER|VERSION_TOO_LOW|NO_PROTOCOLS|NO_SHARED_GROUP/.test(code))
    return 'tls-version'
  if (/ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE|UNSUPPORTED_CERTIFICATE)/.test(code)) return 'tls-distrusts-us'
  if (/alert (unknown ca|bad certificate|certificate)/.test(message)) return 'tls-distrusts-us'
  return 'tls-broken'
}

/** Who came in by a certificate, or why he may not. Undefined where none was shown and none is needed. */
export function certifiedBy(
  secure: TLSSocket,
  clients: 'optional' | 'required',
): { readonly user: string } | { readonly refused: TlsRefusal } | undefined {
  const certificate = secure.getPeerX509Certificate()
  if (certificate === undefined) return clients === 'required' ? { refused: 'tls-certificate-missing' } : undefined
  if (!secure.authorized) {
    const error = `${secure.authorizationError}`
    const time = /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/.test(error)
    return { refused: time ? 'tls-certificate-expired' : 'tls-certificate-foreign' }
  }
  // a session that is resumed is not looked at again by OpenSSL
  if (certificate.validToDate.getTime() < Date.now()) return { refused: 'tls-certificate-expired' }
  const user = userOf(certificate)
  return user === undefined ? { refused: 'tls-certificate-nameless' } : { user }
}
