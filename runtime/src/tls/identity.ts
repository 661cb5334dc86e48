/**
 * Who a process is towards its clients: the certificate in force, and what replaces it.
 *
 *   own (own.ts, made and renewed here) ─┐
 *                                        ├─► pair in force ─► every server that it serves, without a connection ended
 *   files of somebody else, watched ─────┘
 *
 * What cannot be used changes nothing: it is told, and the pair in force stays.
 */
import type { SecureContextOptions, Server } from 'node:tls'
import { HabtwinError, isHabtwinError } from '@habtwin/contract'
import type { Clock } from '../clock.ts'
import { ConfigWatch } from '../config/watch.ts'
import type { Log } from '../log.ts'
import { everyInterval } from '../supervise.ts'
import { certificateNames } from './names.ts'
import { authorityFile, handedOut, ownAuthority, ownServer, renewalOf, serverFile } from './own.ts'
import { certificatesIn, type Pair, readPair, readText } from './pair.ts'

/** `tls` of the configuration. */
export interface TlsSettings {
  /** Files of a certificate (with its chain) and its key; without them the habitat makes its own. */
  readonly certificate?: string | undefined
  readonly key?: string | undefined
  /** File of the authorities that client certificates are signed by; without it the habitat's own. */
  readonly authority?: string | undefined
  readonly clients?: 'optional' | 'required' | undefined
  /** What the habitat's own certificate is for, beside what the machine knows of itself. */
  readonly names: readonly string[]
  /** Handshakes of one address that may be open at once. */
  readonly max_handshakes_per_address?: number
}

export interface IdentityParts {
  /** `{data}/tls` */
  readonly folder: string
  /** Of which process; each has a certificate of its own, as containers have names of their own. */
  readonly part: string
  readonly habitat: string
  readonly settings: TlsSettings
  readonly clock: Clock
  readonly log: Log
}

/**
 * What is handed out at `/ca.pem`, PEM: whom clients have to trust. Undefined where somebody else signs and nobody
 * said who, or where nothing was made yet.
 */
export function authorityOf(settings: TlsSettings, folder: string): string | undefined {
  if (settings.certificate === undefined) return handedOut(folder)
  return settings.authority === undefined ? undefined : readAuthority(settings.authority)
}

/** How often the time that is left, and the machine's names, are looked at, ms. */
const LOOK = 60_000
const WARN = 14 * 86_400_000
const DAY = 86_400_000

export class Identity {
  readonly #parts: IdentityParts
  readonly #servers = new Set<Pick<Server, 'setSecureContext'>>()
  #pair: Pair
  /** PEM of whom clients may be signed by; undefined where they are not asked. */
  #trusted: string | undefined
  /** PEM of the authority that is handed out; undefined where it is none of ours. */
  #authority: string | undefined
  #looked = Promise.resolve()
  #warned = Number.NEGATIVE_INFINITY

  private constructor(parts: IdentityParts, found: Found) {
    this.#parts = parts
    this.#pair = found.pair
    this.#trusted = found.trusted
    this.#authority = found.authority
  }

  /**
   * Reads the certificate, or makes what there is not yet.
   * @throws HabtwinError tls/unreadable, tls/invalid, tls/mismatch, data/unusable
   */
  static async open(parts: IdentityParts): Promise<Identity> {
    const identity = new Identity(parts, await find(parts))
    identity.#judge()
    return identity
  }

  /** The certificate in force. */
  get pair(): Pair {
    return this.#pair
  }

  /** What is to be handed out at `/ca.pem`, PEM; undefined where clients know who signed. */
  get authority(): string | undefined {
    return this.#authority
  }

  /** Whether clients are asked for certificates. */
  get clients(): 'optional' | 'required' | undefined {
    return this.#parts.settings.clients
  }

  /** Handshakes of one address that may be open at once; undefined where nobody said. */
  get handshakes(): number | undefined {
    return this.#parts.settings.max_handshakes_per_address
  }

  /** What a server shows: TLS 1.2 or 1.3, by Node's list of ciphers and in its order. */
  context(): SecureContextOptions & { honorCipherOrder: boolean } {
    const { certificate: cert, key } = this.#pair
    const ca = this.#trusted === undefined ? {} : { ca: this.#trusted }
    return { cert, key, ...ca, minVersion: 'TLSv1.2', honorCipherOrder: true }
  }

  /** Has a server show what is in force, from the next connection on, until disposed. */
  serve(server: Pick<Server, 'setSecureContext'>): Disposable {
    this.#servers.add(server)
    server.setSecureContext(this.context())
    return { [Symbol.dispose]: () => this.#servers.delete(server) }
  }

  /** Follows the files, and renews what is our own, until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts
    const failed = Promise.withResolvers<never>()
    const look = () => void this.look().catch(failed.reject)
    const said = { warn: (fields: object) => log.warn(fields, 'certificates are only looked at each 10 s') }
    const watches = this.#files().map((file) => {
      const watch = new ConfigWatch({ file, text: textOf(file), clock, log: said as Pick<Log, 'warn'>, onChange: look })
      watch.start()
      return watch
    })
    try {
      await Promise.race([everyInterval(clock, LOOK, signal, () => this.look()), failed.promise])
    } finally {
      for (const watch of watches) watch[Symbol.dispose]()
    }
  }

  /** Looks at what there is now, and puts it in force where it is new and can be used. */
  look(): Promise<void> {
    // one after the other: two at once would each make a certificate
    this.#looked = this.#looked.then(() => this.#look())
    return this.#looked
  }

  async #look(): Promise<void> {
    const { clock, log } = this.#parts
    try {
      const found = await find(this.#parts, this.#pair)
      const { pair, trusted, authority } = found
      if (pair.fingerprint === this.#pair.fingerprint && trusted === this.#trusted && authority === this.#authority) {
        this.#judge()
        return
      }
      if (isOver(pair, clock) && !isOver(this.#pair, clock)) throw over(pair)
      this.#pair = pair
      this.#trusted = trusted
      this.#authority = authority
      for (const server of this.#servers) server.setSecureContext(this.context())
      log.info(
        { until: new Date(pair.to).toISOString(), fingerprint: pair.fingerprint },
        'a new certificate is in force',
      )
      this.#warned = Number.NEGATIVE_INFINITY
      this.#judge()
    } catch (error) {
      if (!isHabtwinError(error)) throw error
      this.#say(error)
    }
  }

  #files(): string[] {
    const { folder, part, settings } = this.#parts
    const { certificate = serverFile(folder, part), key, authority } = settings
    return [...new Set([certificate, key ?? certificate, authority ?? authorityFile(folder)])]
  }

  /** Tells once a day of a certificate that is over or nearly so. */
  #judge(): void {
    const { clock, log } = this.#parts
    if (clock.doubt?.() !== undefined) return
    if (isOver(this.#pair, clock)) this.#say(over(this.#pair))
    else if (this.#pair.to - clock.now() < WARN && clock.mono() - this.#warned > DAY) {
      this.#warned = clock.mono()
      log.warn({ until: new Date(this.#pair.to).toISOString() }, 'the certificate in force ends soon')
    }
  }

  #say(error: HabtwinError): void {
    const { clock, log } = this.#parts
    if (clock.mono() - this.#warned < (error.code === 'tls/expired' ? DAY : LOOK / 2)) return
    this.#warned = clock.mono()
    log.error({ code: error.code, where: error.where }, `${error.message}. ${error.remedy}`)
  }
}

interface Found {
  readonly pair: Pair
  readonly trusted: string | undefined
  readonly authority: string | undefined
}

/** What should be in force by the configuration and by what lies in the files. */
async function find({ folder, part, habitat, settings, clock }: IdentityParts, present?: Pair): Promise<Found> {
  const { certificate, key, authority: file, clients } = settings
  const given = certificate !== undefined && key !== undefined
  const own = { folder, habitat, clock }
  const foreign = file === undefined ? undefined : readAuthority(file)
  // whoever asks clients for certificates without naming an authority means the one that `habtwin tls issue` signs by
  const authority = given && (foreign !== undefined || clients === undefined) ? undefined : await ownAuthority(own)
  const trusted = clients === undefined ? undefined : (foreign ?? authority?.certificate)
  if (given) return { pair: readPair(certificate, key), trusted, authority: foreign }
  const names = certificateNames(settings.names)
  const stays = present !== undefined && authority !== undefined && renewalOf(present, authority, names, clock) === undefined // biome-ignore format: one thought
  const server = stays && isThere(folder, part, present) ? present : await ownServer(own, part, names)
  return { pair: server, trusted, authority: authority?.certificate }
}

/** True where what is in force is still what lies in the file. */
function isThere(folder: string, part: string, { certificate }: Pair): boolean {
  return textOf(serverFile(folder, part)).startsWith(certificate)
}

function readAuthority(file: string): string {
  const text = readText(file)
  if (certificatesIn(text, file).length === 0) {
    throw new HabtwinError('tls/invalid', `${file} holds no certificate`, { where: file })
  }
  return text
}

function textOf(file: string): string {
  try {
    return readText(file)
  } catch (error) {
    if (isHabtwinError(error, 'tls/unreadable')) return '' // the watch tells when it is there again
    throw error
  }
}

function isOver({ to }: Pair, clock: Clock): boolean {
  return clock.doubt?.() === undefined && clock.now() > to
}

function over({ to }: Pair): HabtwinError {
  return new HabtwinError('tls/expired', `the certificate ended on ${new Date(to).toISOString()}`)
}
