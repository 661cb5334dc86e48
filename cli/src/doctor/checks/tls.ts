/** Certificates: whether they can be used, how long they last, and who has to be trusted. */
import { isHabtwinError } from '@habtwin/contract'
import { usesTls } from '@habtwin/runtime'
import { authorityOf } from '@habtwin/runtime/tls/identity'
import { presentServer } from '@habtwin/runtime/tls/own'
import { certificatesIn, type Pair, readPair } from '@habtwin/runtime/tls/pair'
import { type Check, type Finding, fault, note, ok, type Subject } from '../check.ts'

const DAY = 86_400_000
const SOON = 14 * DAY

export const tls: Check = {
  title: 'TLS',
  look(subject) {
    const { config, data } = subject
    if (config === undefined) return []
    if (!usesTls(config)) return [ok('no listener speaks it; none needs to on this machine alone')]
    try {
      return [...certificates(subject), ...authority(config.tls, data.tls)]
    } catch (error) {
      if (isHabtwinError(error)) return [fault(error.message, error.remedy)]
      throw error
    }
  },
}

function certificates({ config, data, machine }: Subject): Finding[] {
  const { certificate, key } = config?.tls ?? {}
  if (certificate !== undefined && key !== undefined)
    return [lasts(certificate, readPair(certificate, key), machine.now())]
  const found = ['gateway', 'sim'].flatMap((part) => {
    const pair = presentServer(data.tls, part)
    return pair === undefined ? [] : [lasts(part, pair, machine.now())]
  })
  return found.length > 0 ? found : [ok('the certificate is made at the first start')]
}

function lasts(of: string, { to }: Pair, now: number): Finding {
  const until = new Date(to).toISOString().slice(0, 10)
  if (now > to)
    return fault(`the certificate of ${of} ended on ${until}`, 'put a new one in its place; or set the clock')
  const says = `the certificate of ${of} is valid until ${until}`
  return to - now < SOON ? note(says, 'have it renewed; a new file is taken up by itself') : ok(says)
}

function authority(settings: Parameters<typeof authorityOf>[0], folder: string): Finding[] {
  const pem = authorityOf(settings, folder)
  const [signer] = pem === undefined ? [] : certificatesIn(pem, folder)
  return signer === undefined ? [] : [ok(`clients trust the authority with SHA-256 ${signer.fingerprint256}`)]
}
