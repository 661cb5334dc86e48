/** A certificate and its key as they lie in files: read, and checked before anybody is shown them. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { HabtwinError, messageOf } from '@habtwin/contract'
import { canonical } from './names.ts'

export interface Pair {
  /** PEM, with whatever intermediate certificates follow it. */
  readonly certificate: string
  /** PEM. */
  readonly key: string
  /** When it is valid, ms since the epoch. */
  readonly from: number
  readonly to: number
  /** DNS names and addresses that it is for. */
  readonly names: readonly string[]
  /** SHA-256 of the certificate, as `A1:B2:…`. */
  readonly fingerprint: string
  readonly leaf: X509Certificate
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/**
 * Reads a certificate and its key; both may be in one file.
 * @throws HabtwinError tls/unreadable, tls/invalid, tls/mismatch
 */
export function readPair(certificateFile: string, keyFile: string): Pair {
  return pairOf(readText(certificateFile), readText(keyFile), certificateFile, keyFile)
}

/** The same from the texts themselves. @param where,keyWhere the files, for what is said of them */
export function pairOf(certificate: string, key: string, where: string, keyWhere: string): Pair {
  const [leaf] = certificatesIn(certificate, where)
  if (leaf === undefined) throw new HabtwinError('tls/invalid', `${where} holds no certificate`, { where })
  const opened = keyIn(key, keyWhere)
  if (!leaf.checkPrivateKey(opened)) {
    throw new HabtwinError('tls/mismatch', `the key in ${keyWhere} does not belong to the certificate in ${where}`, {
      where: keyWhere,
    })
  }
  const pems = certificate.match(BLOCK) ?? []
  const pair = {
    certificate: `${pems.join('\n')}\n`,
    key: opened.export({ type: 'pkcs8', format: 'pem' }).toString(),
    from: leaf.validFromDate.getTime(),
    to: leaf.validToDate.getTime(),
    names: namesOf(leaf),
    fingerprint: leaf.fingerprint256,
    leaf,
  }
  try {
    // what OpenSSL does not take for its own reasons, such as a key that is too short
    createSecureContext({ cert: pair.certificate, key: pair.key })
  } catch (error) {
    throw new HabtwinError('tls/invalid', `${where} cannot be used: ${messageOf(error)}`, { where, cause: error })
  }
  return pair
}

/**
 * Every certificate of a PEM text, in its order.
 * @throws HabtwinError tls/invalid
 */
export function certificatesIn(text: string, where: string): X509Certificate[] {
  return (text.match(BLOCK) ?? []).map((pem) => {
    try {
      return new X509Certificate(pem)
    } catch (error) {
      throw new HabtwinError('tls/invalid', `${where} holds a certificate that cannot be read: ${messageOf(error)}`, {
        where,
        cause: error,
      })
    }
  })
}

/**
 * The text of a file.
 * @throws HabtwinError tls/unreadable
 */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new HabtwinError('tls/unreadable', messageOf(error), { where: file, cause: error })
  }
}

function keyIn(text: string, where: string): KeyObject {
  try {
    return createPrivateKey(text)
  } catch (error) {
    const why = text.includes('ENCRYPTED')
      ? 'holds a key with a passphrase, which nobody could type at a start'
      : `holds no private key that can be read: ${messageOf(error)}`
    throw new HabtwinError('tls/invalid', `${where} ${why}`, { where, cause: error })
  }
}

/** DNS names and addresses of a certificate's subjectAltName. */
function namesOf(certificate: X509Certificate): string[] {
  return alternativesOf(certificate).flatMap(([kind, value]) =>
    kind === 'DNS' || kind === 'IP Address' ? [canonical(value)] : [],
  )
}

/**
 * The subjectAltName of a certificate as kind and value. Where any value is quoted, which Node does to what could be
 * taken for more than one (CVE-2021-44532), there are none: no certificate of ours has such.
 */
export function alternativesOf({ subjectAltName = '' }: X509Certificate): [kind: string, value: string][] {
  if (subjectAltName === '' || subjectAltName.includes('"')) return []
  return subjectAltName.split(', ').map((entry) => {
    const colon = entry.indexOf(':')
    return [entry.slice(0, colon), entry.slice(colon + 1)]
  })
}
