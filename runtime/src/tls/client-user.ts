/** For whom a client certificate speaks. */
import type { X509Certificate } from 'node:crypto'
import { alternativesOf } from './pair.ts'

/** What names a user in the subjectAltName of a client certificate, as a URI. */
const URN = 'urn:habtwin:user:'

export function userUri(user: string): string {
  return URN + user
}

/**
 * The user that a certificate names: by its URI where there is one, else by its common name. Undefined where it names
 * nobody, or more than one.
 */
export function userOf(certificate: X509Certificate): string | undefined {
  const uris = alternativesOf(certificate).flatMap(([kind, value]) =>
    kind === 'URI' && value.startsWith(URN) ? [value.slice(URN.length)] : [],
  )
  const names = uris.length > 0 ? uris : commonNames(certificate)
  const [name] = names
  return names.length === 1 && name !== '' ? name : undefined
}

/** The subject is told as lines `CN=name`; what is multi-valued or has a line break in it is not believed. */
function commonNames({ subject }: X509Certificate): string[] {
  return (subject ?? '').split('\n').flatMap((line) => (line.startsWith('CN=') ? [line.slice(3)] : []))
}
