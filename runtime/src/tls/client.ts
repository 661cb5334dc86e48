/** The other side: what a connection of ours to a TLS server is told, and why one was not made, in words. */
import { isHabtwinError, messageOf } from '@habtwin/contract'
import { certificatesIn, readPair, readText } from './pair.ts'

/** What a client needs beyond what the system trusts; PEM. */
export interface ClientTls {
  /** Authorities that are trusted instead of the system's. */
  readonly ca?: string
  /** Whom this end speaks for. */
  readonly cert?: string
  readonly key?: string
  /** The name that the certificate has to have, where it is another than that of the address. */
  readonly servername?: string
}

/** The same as files. */
export interface ClientTlsFiles {
  readonly ca?: string | undefined
  readonly certificate?: string | undefined
  readonly key?: string | undefined
  readonly servername?: string | undefined
}

/**
 * Reads the files at each attempt, so that what is renewed counts at once.
 * @returns throws HabtwinError tls/unreadable, tls/invalid, tls/mismatch
 */
export function clientTls({ ca, certificate, key, servername }: ClientTlsFiles): () => ClientTls {
  return () => {
    const trusted = ca === undefined ? undefined : readText(ca)
    if (ca !== undefined && trusted !== undefined) certificatesIn(trusted, ca)
    const pair = certificate === undefined ? undefined : readPair(certificate, key ?? certificate)
    return {
      ...(trusted === undefined ? {} : { ca: trusted }),
      ...(pair === undefined ? {} : { cert: pair.certificate, key: pair.key }),
      ...(servername === undefined ? {} : { servername }),
    }
  }
}

/** Codes of OpenSSL (verify(1)) and Node, by what has to be done about them. */
const reasons: readonly [RegExp, string][] = [
  [/^CERT_HAS_EXPIRED$/, 'its certificate has expired'],
  [/^CERT_NOT_YET_VALID$/, 'its certificate is not valid yet: one of the two clocks is wrong'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'its certificate is for other names'],
  [/^(UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)|SELF_SIGNED|DEPTH_ZERO_SELF_SIGNED|CERT_UNTRUSTED|CERT_SIGNATURE_FAILURE)/,
    'its certificate is signed by an authority that is not trusted here'], // biome-ignore format: a table
  [/ALERT_CERTIFICATE_REQUIRED|ALERT_HANDSHAKE_FAILURE/, 'it asks for a client certificate, or for another one'],
  [/ALERT_CERTIFICATE_EXPIRED/, 'it finds our client certificate expired'],
  [/ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_REVOKED|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)/,
    'it does not trust our client certificate'], // biome-ignore format: a table
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/, 'it does not speak TLS there'],
  [/UNSUPPORTED_PROTOCOL|ALERT_PROTOCOL_VERSION|NO_SHARED_CIPHER/, 'it speaks no version of TLS from 1.2 on'],
]

/** Why a connection was not made, in words, with what was said. */
export function connectReason(error: unknown): string {
  if (isHabtwinError(error)) return error.message
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? ''
  // what OpenSSL found while something was written has the code EPROTO, and the reason in its words
  const said = code === 'EPROTO' ? messageOf(error).toUpperCase().replaceAll(' ', '_') : code
  const known = reasons.find(([pattern]) => pattern.test(said))?.[1]
  if (known === undefined) return messageOf(error)
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? `${known} (${messageOf(error)})` : `${known} (${code})`
}
