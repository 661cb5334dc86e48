/**
 * Makes certificates (RFC 5280), and is the only file that needs a library for it: whoever has his certificates never
 * loads it. What is made here is read by Node's own crypto.
 *
 * Keys are ECDSA P-256: every client of the last fifteen years takes them, and a Pi signs some thousand handshakes a
 * second with them.
 */
import 'reflect-metadata'
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'

/** A certificate and its key, both PEM. */
export interface Made {
  readonly certificate: string
  readonly key: string
}

/** When it is valid, ms since the epoch. */
export interface Validity {
  readonly from: number
  readonly to: number
}

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const SERVER = '1.3.6.1.5.5.7.3.1' // id-kp-serverAuth, RFC 5280, 4.2.1.12
const CLIENT = '1.3.6.1.5.5.7.3.2' // id-kp-clientAuth

/**
 * An authority of one's own. It may sign servers and clients, and no further authority (pathLenConstraint 0).
 * @param before the authority that it follows, whose key and name it keeps, so that what that signed stays valid
 */
export async function makeAuthority(habitat: string, validity: Validity, before?: Made): Promise<Made> {
  const keys = before === undefined ? await newKeys() : await keysOf(before.key)
  // the four letters tell one authority of a habitat from the next in a browser's list
  const name = before
    ? new x509.X509Certificate(before.certificate).subjectName
    : new x509.Name([{ CN: [`habtwin ${habitat} authority ${randomBytes(2).toString('hex')}`] }, { O: ['habtwin'] }])
  return written(keys, {
    subject: name,
    issuer: name,
    signingKey: keys.privateKey,
    validity,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.ExtendedKeyUsageExtension([SERVER, CLIENT]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
}

/** A server's certificate for names and addresses, with a key of its own. */
export function makeServer(names: readonly string[], validity: Validity, by: Made): Promise<Made> {
  const alternatives = names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }) as const)
  return makeLeaf(names[0] ?? 'localhost', SERVER, alternatives, validity, by)
}

/** A client's certificate, which speaks for a user. @param uri what names the user beside the common name */
export function makeClient(user: string, uri: string, validity: Validity, by: Made): Promise<Made> {
  return makeLeaf(user, CLIENT, [{ type: 'url', value: uri }], validity, by)
}

async function makeLeaf(
  name: string,
  usage: string,
  alternatives: x509.JsonGeneralNames,
  validity: Validity,
  by: Made,
): Promise<Made> {
  const keys = await newKeys()
  const authority = new x509.X509Certificate(by.certificate)
  const signer = await keysOf(by.key)
  return written(keys, {
    subject: new x509.Name([{ CN: [name.slice(0, 64)] }, { O: ['habtwin'] }]), // ub-common-name is 64
    issuer: authority.subjectName,
    signingKey: signer.privateKey,
    validity,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      new x509.SubjectAlternativeNameExtension(alternatives),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(signer.publicKey),
    ],
  })
}

interface Statement {
  readonly subject: x509.Name
  readonly issuer: x509.Name
  readonly signingKey: CryptoKey
  readonly validity: Validity
  readonly extensions: x509.Extension[]
}

async function written(keys: CryptoKeyPair, { subject, issuer, signingKey, validity, extensions }: Statement) {
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject,
    issuer,
    notBefore: new Date(validity.from),
    notAfter: new Date(validity.to),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ECDSA,
    extensions,
  })
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey))
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return { certificate: `${made.toString('pem')}\n`, key: key.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

/** Positive and not below 64 bits of chance (RFC 5280, 4.1.2.2; CA/Browser Forum Baseline Requirements, 7.1). */
function serial(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes.toString('hex')
}

function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])
}

async function keysOf(pem: string): Promise<CryptoKeyPair> {
  const key = createPrivateKey(pem)
  const open = createPublicKey(key)
  const [hidden, shown] = [key.export({ type: 'pkcs8', format: 'der' }), open.export({ type: 'spki', format: 'der' })]
  return {
    privateKey: await crypto.subtle.importKey('pkcs8', hidden, ECDSA, true, ['sign']),
    publicKey: await crypto.subtle.importKey('spki', shown, ECDSA, true, ['verify']),
  }
}
