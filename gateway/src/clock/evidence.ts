/**
 * What vouches for the machine's clock. Files that daemons leave are looked at each second; programs that know more are
 * asked once a minute at most, and only as long as nothing vouches.
 *
 *   systemd-timesyncd   /run/systemd/timesync/synchronized, touched at each synchronisation (systemd-timesyncd(8))
 *   kernel              adjtimex(2): TIME_ERROR as long as no daemon has said that it keeps the clock
 *   chrony, ntpd        chronyc tracking, ntpq rv
 *
 * Node has no adjtimex, and /proc does not show it; perl, which every Debian has, can call it, as can busybox and
 * timedatectl where they are installed.
 */
import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import { arch } from 'node:process'
import { messageOf } from '@habtwin/contract'

/** Of the daemons, timesyncd alone leaves a file; it is there from the first synchronisation of a boot. */
export const usualFiles = ['/run/systemd/timesync/synchronized'] as const

/** A program that knows. */
export interface Witness {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** True where the clock is kept, false where it is not, undefined where it cannot tell. */
  understand(output: string): boolean | undefined
}

export interface Verdict {
  /** Undefined where nobody could be asked. */
  readonly synced: boolean | undefined
  /** Who says so. */
  readonly by: string
}

/** Runs a program; rejects where it is not there, fails or takes too long. */
export type Run = (command: string, args: readonly string[]) => Promise<string>

/** The system call's number, by processor (asm/unistd.h). */
const ADJTIMEX: Partial<Record<NodeJS.Architecture, number>> = {
  x64: 159,
  ia32: 124,
  arm: 124,
  arm64: 171,
  riscv64: 171,
  loong64: 171,
  s390x: 124,
  ppc64: 124,
}

/** adjtimex's answer: TIME_OK … TIME_WAIT are kept, 5 is TIME_ERROR; −1 is a refusal. */
function kernelSays(state: string | undefined): boolean | undefined {
  if (state === undefined || !/^[0-5]$/.test(state)) return undefined
  return state !== '5'
}

/** Those that are asked, in turn. */
export function witnesses(processor: NodeJS.Architecture = arch): Witness[] {
  const call = ADJTIMEX[processor]
  return [
    {
      name: 'systemd',
      command: 'timedatectl',
      args: ['show', '-p', 'NTPSynchronized', '--value'],
      understand: (output) => ({ yes: true, no: false })[output.trim()],
    },
    {
      name: 'chrony',
      command: 'chronyc',
      args: ['-c', '-n', 'tracking'],
      // the last column is the leap status (chronyc(1), tracking)
      understand: (output) => {
        const leap = output.trim().split(',').at(-1)
        return leap === '' ? undefined : leap !== 'Not synchronised'
      },
    },
    {
      name: 'ntpd',
      command: 'ntpq',
      args: ['-n', '-c', 'rv 0 leap,stratum'],
      // 11, or 3: alarm, never synchronised (RFC 5905, figure 9)
      understand: (output) => {
        const leap = /leap=(\w+)/.exec(output)?.[1]
        return leap === undefined ? undefined : !['11', '3', 'leap_alarm'].includes(leap)
      },
    },
    ...(call === undefined
      ? []
      : [
          {
            name: 'the kernel',
            command: 'perl',
            // no mode is set: it only reads (adjtimex(2)); struct timex has 208 bytes at most
            args: ['-e', `my $b = "\\0" x 512; print syscall(${call}, $b)`],
            understand: (output: string) => kernelSays(output.trim()),
          },
        ]),
    {
      name: 'the kernel',
      command: 'busybox',
      args: ['adjtimex'],
      understand: (output) => kernelSays(/return value:\s*(\d+)/.exec(output)?.[1]),
    },
  ]
}

/** A program's answer may take this long, ms. */
const TIMEOUT = 2_000

const run: Run = (command, args) =>
  new Promise((resolve, reject) => {
    const options = { timeout: TIMEOUT, maxBuffer: 65_536, env: { ...process.env, LC_ALL: 'C' } }
    execFile(command, [...args], options, (error, stdout) => {
      if (error) reject(error)
      else resolve(stdout)
    })
  })

export interface EvidenceOptions {
  /** Beside the usual ones. */
  readonly files: readonly string[]
  readonly witnesses?: readonly Witness[]
  readonly run?: Run
}

export class Evidence {
  readonly #files: readonly string[]
  readonly #run: Run
  /** Those that are not installed are asked once. */
  #witnesses: readonly Witness[]

  constructor(options: EvidenceOptions) {
    this.#files = [...usualFiles, ...options.files]
    this.#witnesses = options.witnesses ?? witnesses()
    this.#run = options.run ?? run
  }

  /** The file that vouches, and when it was last touched (ms by the clock of then); undefined where there is none. */
  file(): { readonly path: string; readonly touched: number } | undefined {
    for (const path of this.#files) {
      try {
        const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs
        if (touched !== undefined) return { path, touched }
      } catch {
        // not for us to look at: as good as none
      }
    }
    return undefined
  }

  /** Asks programs until one vouches. Never throws. */
  async ask(): Promise<Verdict> {
    const denied: string[] = []
    for (const witness of this.#witnesses) {
      const said = await this.#asked(witness)
      if (said === true) return { synced: true, by: witness.name }
      if (said === false) denied.push(witness.name)
    }
    const by = [...new Set(denied)].join(' and ')
    return { synced: denied.length > 0 ? false : undefined, by }
  }

  async #asked(witness: Witness): Promise<boolean | undefined> {
    try {
      return witness.understand(await this.#run(witness.command, witness.args))
    } catch (error) {
      if (messageOf(error).includes('ENOENT')) this.#witnesses = this.#witnesses.filter((one) => one !== witness)
      return undefined // it is not there, not allowed, or its daemon does not run
    }
  }
}
