/** `habtwin tls`: what the house shows of itself, a new certificate at once, and certificates for clients. */
import { existsSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { HabtwinError } from '@habtwin/contract'
import { ConfigError, dataFolder, loadReceiveConfig, systemClock } from '@habtwin/runtime'
import { putSecretOnce } from '@habtwin/runtime/tls/files'
import { authorityOf } from '@habtwin/runtime/tls/identity'
import { certificateNames } from '@habtwin/runtime/tls/names'
import { caFile, issueClient, ownAuthority, presentServer, renewServer } from '@habtwin/runtime/tls/own'
import { certificatesIn, type Pair, readPair } from '@habtwin/runtime/tls/pair'
import { type HabitatOptions, readConfig } from '../habitat.ts'

/** Processes that have a certificate of their own. */
const parts = ['gateway', 'sim', 'receive', 'receive-panel']

/** What a habitat's or a receiver's configuration says of certificates. */
async function configured(file: string | undefined) {
  try {
    const { tls, http, habitat } = await readConfig(file)
    return { tls, http, habitat: habitat.id }
  } catch (error) {
    if (!(error instanceof ConfigError) || file === undefined) throw error
    try {
      const { tls, http } = loadReceiveConfig(file)
      return { tls, http, habitat: 'mission-control' }
    } catch {
      throw error // it is no receiver's either: the faults of a habitat's are the likelier ones
    }
  }
}

/** Prints what is in the files. */
export async function tlsShow({ config: file, data, json = false }: HabitatOptions): Promise<number> {
  const { tls } = await configured(file)
  const folder = dataFolder(data).tls
  const { certificate, key } = tls
  const pairs =
    certificate !== undefined && key !== undefined
      ? [{ of: certificate, pair: readPair(certificate, key) }]
      : parts.flatMap((part) => {
          const pair = presentServer(folder, part)
          return pair === undefined ? [] : [{ of: part, pair }]
        })
  const authority = authorityOf(tls, folder)
  const [signer] = authority === undefined ? [] : certificatesIn(authority, caFile(folder))
  if (json) {
    const shown = pairs.map(({ of, pair: { from, to, names, fingerprint } }) => ({ of, from, to, names, fingerprint }))
    const by = signer && {
      subject: signer.subject,
      to: signer.validToDate.getTime(),
      fingerprint: signer.fingerprint256,
    }
    process.stdout.write(`${JSON.stringify({ certificates: shown, authority: by ?? null })}\n`)
    return 0
  }
  if (pairs.length === 0 && signer === undefined) {
    process.stdout.write('there is no certificate yet; one is made at the first start of a listener that speaks TLS\n')
    return 0
  }
  for (const { of, pair } of pairs) process.stdout.write(told(of, pair))
  if (signer) {
    const until = signer.validToDate.toISOString()
    process.stdout.write(
      `authority, to be trusted by clients (${tls.authority ?? caFile(folder)})\n  until    ${until}\n`,
    )
    process.stdout.write(`  SHA-256  ${signer.fingerprint256}\n`)
  }
  return 0
}

function told(of: string, { to, names, fingerprint }: Pair): string {
  const over = to < systemClock.now() ? ', WHICH IS OVER' : ''
  return `${of}\n  until    ${new Date(to).toISOString()}${over}\n  for      ${names.join(', ')}\n  SHA-256  ${fingerprint}\n`
}

/** Makes the certificates of the processes anew; those that run take them up by themselves. */
export async function tlsRenew({ config: file, data }: HabitatOptions): Promise<undefined> {
  const { tls, http, habitat } = await configured(file)
  if (tls.certificate !== undefined) {
    throw new HabtwinError('request/invalid', `${tls.certificate} was made by somebody else, who has to renew it`)
  }
  const own = { folder: dataFolder(data).tls, habitat, clock: systemClock }
  const present = existsSync(own.folder) ? readdirSync(own.folder) : []
  const there = parts.filter((part) => present.includes(`${part}.pem`))
  const authority = await ownAuthority(own)
  if (there.length === 0) process.stdout.write('there is no certificate yet; the first start of a listener makes it\n')
  for (const part of there) {
    const before = presentServer(own.folder, part)?.names ?? []
    const names = new Set([...certificateNames([...http.names, ...tls.names]), ...before])
    process.stdout.write(told(part, await renewServer(own, authority, part, [...names])))
  }
}

export interface IssueOptions extends HabitatOptions {
  readonly days: number
  readonly out?: string
}

/** Writes a certificate and its key, both in one file, by which a client comes in as a user. */
export async function tlsIssue(user: string, { config: file, data, days, out }: IssueOptions): Promise<undefined> {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(user)) {
    throw new HabtwinError('request/invalid', `"${user}" cannot be the name of a user`)
  }
  const { habitat } = await configured(file)
  const { certificate, key } = await issueClient(
    { folder: dataFolder(data).tls, habitat, clock: systemClock },
    user,
    days,
  )
  const target = resolve(out ?? `${user}.pem`)
  if (existsSync(target) || !putSecretOnce(target, certificate + key)) {
    throw new HabtwinError('run/output', `${target} is there already; give another name with --out`)
  }
  process.stdout.write(`certificate and key of ${user} in ${target}\n`)
}
