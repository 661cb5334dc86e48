/** Why a serial port cannot be opened, in words that say what to do. */
import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'

const BY_ID = '/dev/serial/by-id'

/** The paths of this machine's serial adapters that stay the same whatever is plugged in first. */
export async function byId(): Promise<string[]> {
  const names = await readdir(BY_ID).catch(() => [])
  return names.sort().map((name) => join(BY_ID, name))
}

/** @param said what the system said when it was opened */
export async function whyNot(path: string, said: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined)
  if (real === undefined) {
    const there = await byId()
    return `there is no ${path}; ${there.length === 0 ? `nothing is in ${BY_ID} either` : `there are ${there.join(', ')}`}`
  }
  if (/permission denied|EACCES/i.test(said)) {
    const group = await groupOf(real)
    return `${path} may not be opened by this user: add it to the group ${group} (usermod -aG ${group} …) and log in again`
  }
  if (/cannot lock|resource temporarily unavailable|EBUSY|resource busy/i.test(said)) {
    const who = await holders(real)
    return `${path} is held by ${who.length === 0 ? 'another program' : who.join(', ')}`
  }
  return `${path} cannot be opened: ${said.replace(/^Error:? */i, '')}`
}

/** The group that may open a port: Debian's dialout, elsewhere uucp; where it is root's alone, what it should be. */
async function groupOf(real: string): Promise<string> {
  const [{ gid }, groups] = await Promise.all([stat(real), readFile('/etc/group', 'utf8').catch(() => '')])
  const [, name] = new RegExp(`^([^:]+):[^:]*:${gid}:`, 'm').exec(groups) ?? []
  return name === undefined || name === 'root' ? 'dialout' : name
}

/** The other processes that read from a port as well: what one takes the other never sees. */
export async function strangers(path: string): Promise<string[]> {
  const real = await realpath(path).catch(() => undefined)
  // the far end of a pty may hold it open
  if (real === undefined || real.startsWith('/dev/pts/')) return []
  return (await holders(real)).filter((name) => !name.endsWith(`(process ${process.pid})`))
}

/** The processes that have a file open, as far as this user may see: `minicom (process 4711)`. */
export async function holders(real: string): Promise<string[]> {
  const processes = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(processes.map((pid) => holds(pid, real)))
  const byFd = found.filter((name) => name !== undefined)
  return byFd.length > 0 ? byFd : lockers(real)
}

async function holds(pid: string, real: string): Promise<string | undefined> {
  const folder = `/proc/${pid}/fd`
  const fds = await readdir(folder).catch(() => [])
  for (const fd of fds) {
    if ((await readlink(join(folder, fd)).catch(() => '')) === real) return named(pid)
  }
  return undefined
}

/** Those of other users show in /proc/locks, by the file's inode. */
async function lockers(real: string): Promise<string[]> {
  const [locks, { ino }] = await Promise.all([readFile('/proc/locks', 'utf8').catch(() => ''), stat(real)])
  const pids = locks.split('\n').flatMap((line) => {
    const [, pid] = /^\d+: FLOCK +\S+ +\S+ +(\d+) +/.exec(line) ?? []
    return pid !== undefined && new RegExp(`:${ino} `).test(line) ? [pid] : []
  })
  return Promise.all([...new Set(pids)].map(named))
}

async function named(pid: string): Promise<string> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  const [program = ''] = command.split('\0')
  return `${program === '' ? 'a program' : basename(program)} (process ${pid})`
}
