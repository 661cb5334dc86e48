/** What the doctor sees of a machine: its files, under a root that a test may make, and who it runs as. It only reads. */
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statfsSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { Evidence } from '@habtwin/gateway/clock/index'

export interface User {
  readonly uid: number
  /** Groups it is in. */
  readonly gids: readonly number[]
}

export interface Group {
  readonly gid: number
  readonly name: string
}

/** Who has something open. */
export interface Holder {
  readonly pid: number
  /** `minicom`; `a program` where it may not be looked at. */
  readonly name: string
}

export interface MachineOptions {
  /** Of /dev, /proc, /sys, /etc. */
  readonly root?: string
  readonly user?: User
  readonly node?: string
  /** ms */
  readonly now?: () => number
  /** Who vouches for the clock. */
  readonly evidence?: (files: readonly string[]) => Pick<Evidence, 'file' | 'ask'>
  /** Loads the module for I2C; rejects where it cannot be. */
  readonly i2c?: () => Promise<unknown>
}

export class Machine {
  readonly root: string
  readonly user: User
  readonly node: string
  readonly now: () => number
  readonly evidence: (files: readonly string[]) => Pick<Evidence, 'file' | 'ask'>
  readonly i2c: () => Promise<unknown>

  constructor(options: MachineOptions = {}) {
    this.root = options.root ?? '/'
    this.user = options.user ?? { uid: process.getuid?.() ?? 0, gids: process.getgroups?.() ?? [] }
    this.node = options.node ?? process.versions.node
    this.now = options.now ?? Date.now
    this.evidence = options.evidence ?? ((files) => new Evidence({ files }))
    this.i2c = options.i2c ?? (async () => (await import('@habtwin/gateway/drivers/i2c/hardware')).loadModule())
  }

  /** Text of a file; undefined where there is none, or it may not be read. */
  read(path: string): string | undefined {
    try {
      return readFileSync(this.#at(path), 'utf8')
    } catch {
      return undefined
    }
  }

  /** Names in a folder, in order; none where there is no such folder. */
  list(path: string): string[] {
    try {
      return readdirSync(this.#at(path)).sort()
    } catch {
      return []
    }
  }

  exists(path: string): boolean {
    return existsSync(this.#at(path))
  }

  /** What a link leads to, as a path of the machine; the path itself where it is none. */
  follow(path: string): string {
    try {
      return resolve(dirname(path), readlinkSync(this.#at(path)))
    } catch {
      return path
    }
  }

  /** True where this user may read and write a file, by its owner, group and mode. */
  mayOpen(path: string): boolean {
    const stat = this.stat(path)
    if (stat === undefined) return false
    const { uid, gids } = this.user
    if (uid === 0) return true
    const bits = stat.uid === uid ? stat.mode >> 6 : gids.includes(stat.gid) ? stat.mode >> 3 : stat.mode
    return (bits & 0o6) === 0o6
  }

  stat(path: string) {
    return statSync(this.#at(path), { throwIfNoEntry: false })
  }

  /** Name of the group of a file; where it is root's alone, the one that it should be. */
  groupOf(path: string, usual: string): string {
    const gid = this.stat(path)?.gid
    const name = this.groups().find((group) => group.gid === gid)?.name
    return name === undefined || name === 'root' ? usual : name
  }

  groups(): Group[] {
    return [...(this.read('/etc/group') ?? '').matchAll(/^([^:\n]+):[^:\n]*:(\d+):/gm)].map(([, name = '', gid]) => ({
      name,
      gid: Number(gid),
    }))
  }

  /** Processes that have a file open, as far as this user may see; of others those that have locked it. */
  holders(path: string): Holder[] {
    const seen = this.#pids().filter((pid) => this.#opens(pid, (target) => target === path))
    if (seen.length > 0) return seen.map((pid) => this.#named(pid))
    const inode = this.stat(path)?.ino
    const lockers = [...(this.read('/proc/locks') ?? '').matchAll(/^\d+: \S+ +\S+ +\S+ +(\d+) +\S+:(\d+) /gm)]
    const pids = lockers.filter(([, , ino]) => Number(ino) === inode).map(([, pid]) => Number(pid))
    return [...new Set(pids)].map((pid) => this.#named(pid))
  }

  /** Who listens on a TCP port: none, or somebody whose name may not be known. */
  listeners(port: number): { readonly taken: boolean; readonly by: readonly Holder[] } {
    const inodes = ['tcp', 'tcp6'].flatMap((file) => sockets(this.read(`/proc/net/${file}`) ?? '', LISTENS, 1, port))
    return { taken: inodes.length > 0, by: this.#withSockets(inodes) }
  }

  /** Who has a connection to this TCP port of any machine. */
  talkers(port: number): Holder[] {
    const inodes = ['tcp', 'tcp6'].flatMap((file) => sockets(this.read(`/proc/net/${file}`) ?? '', CONNECTED, 2, port))
    return this.#withSockets(inodes)
  }

  /** Parents of a process, the nearest first. */
  ancestors(pid: number): number[] {
    const parent = Number(/^PPid:\s+(\d+)$/m.exec(this.read(`/proc/${pid}/status`) ?? '')?.[1] ?? 0)
    return parent === 0 ? [] : [parent, ...this.ancestors(parent)]
  }

  /** Where a path of this machine lies: the device it is on and how that is written to; undefined where not told. */
  mountOf(path: string): { readonly source: string; readonly type: string; readonly at: string } | undefined {
    const lines = (this.read('/proc/self/mountinfo') ?? '').split('\n')
    const mounts = lines.flatMap((line) => {
      const [, at, type, source] = /^\d+ \d+ \S+ \S+ (\S+) .* - (\S+) (\S+) /.exec(line) ?? []
      return at === undefined || type === undefined || source === undefined ? [] : [{ at: unescaped(at), type, source }]
    })
    const above = mounts.filter(({ at }) => at === '/' || path === at || path.startsWith(`${at}/`))
    return above.reduce<(typeof above)[number] | undefined>(
      (best, one) => (best === undefined || one.at.length >= best.at.length ? one : best),
      undefined,
    )
  }

  #at(path: string): string {
    return join(this.root, path)
  }

  #pids(): number[] {
    return this.list('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  }

  #withSockets(inodes: readonly string[]): Holder[] {
    if (inodes.length === 0) return []
    const targets = new Set(inodes.map((inode) => `socket:[${inode}]`))
    const pids = this.#pids().filter((pid) => this.#opens(pid, (target) => targets.has(target)))
    return pids.map((pid) => this.#named(pid))
  }

  #opens(pid: number, wanted: (target: string) => boolean): boolean {
    const folder = `/proc/${pid}/fd`
    return this.list(folder).some((fd) => {
      try {
        return wanted(readlinkSync(this.#at(`${folder}/${fd}`)))
      } catch {
        return false // closed meanwhile, or not for us to see
      }
    })
  }

  #named(pid: number): Holder {
    return { pid, name: this.nameOf(pid) }
  }

  /** What a process is called; `a program` where it may not be looked at. */
  nameOf(pid: number): string {
    const words = (this.read(`/proc/${pid}/cmdline`) ?? '').split('\0')
    const [program = ''] = words
    // a process that has named itself has its whole title in the first word
    const name = /^habtwin/.test(program) ? program.trim() : basename(program)
    return name === '' ? 'a program' : name
  }
}

/** `minicom (process 4711)`, each. */
export function told(holders: readonly Holder[]): string {
  return holders.map(({ pid, name }) => `${name} (process ${pid})`).join(', ')
}

/** The nearest folder at or above a path that is there, whether it may be written, and what is free there, bytes. */
export function room(path: string): { readonly at: string; readonly writable: boolean; readonly free: number } {
  let at = path
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at)
  let writable = statSync(at).isDirectory()
  try {
    accessSync(at, constants.W_OK | constants.X_OK)
  } catch {
    writable = false // not this user's, or a disk that is mounted to be read only
  }
  const { bavail, bsize } = statfsSync(at)
  return { at, writable, free: bavail * bsize }
}

/** States of a socket (Documentation/networking/proc_net_tcp.rst). */
const LISTENS = '0A'
const CONNECTED = '01'

/** Inodes of the sockets in a state, with a port in a column of /proc/net/tcp: 1 is this end, 2 the other. */
function sockets(text: string, state: string, column: 1 | 2, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  return text.split('\n').flatMap((line) => {
    const words = line.trim().split(/\s+/)
    const inode = words[9]
    return words[3] === state && words[column]?.endsWith(`:${hex}`) && inode !== undefined ? [inode] : []
  })
}

/** Blanks are written as \040 there (proc(5)). */
function unescaped(path: string): string {
  return path.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
