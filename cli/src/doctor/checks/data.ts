/** Where the data lie: whether there is room, on what, and who has the folder. */
import { type Check, fault, note, ok, type Subject, stop } from '../check.ts'
import { room, told } from '../machine.ts'

/** Bytes below which it does not last: the journal and a day of a store with its index. */
const SCARCE = 200e6
const LITTLE = 2e9
/** What is gone when the machine is switched off. */
const FLEETING = new Set(['tmpfs', 'ramfs'])
/** What may be pulled out, or where locks do not always hold. */
const DISTANT = /^(nfs|cifs|smb|fuse\.sshfs)/

export const data: Check = {
  title: 'Data folder',
  look(subject) {
    const { root } = subject.data
    const { at, writable, free } = room(root)
    const where = at === root ? root : `${root} (not there yet)`
    if (!writable) {
      return [
        stop(`${at} may not be written by this user`, `sudo chown $USER ${at}, or --data with a folder of your own`),
        ...runs(subject),
      ]
    }
    const device = subject.machine.mountOf(at)
    const on = device === undefined ? '' : `, on ${device.source} (${device.type})`
    const has = `${where}: ${size(free)} free${on}`
    const more: ReturnType<typeof runs> = []
    if (device !== undefined && FLEETING.has(device.type)) {
      more.push(note(`${device.at} is memory: the data are gone when the machine is switched off`, '--data on a disk'))
    }
    if (device !== undefined && DISTANT.test(device.type)) {
      more.push(
        note(
          `${device.at} is another machine’s disk: nothing is stored while that is away`,
          '--data on a disk of this one',
        ),
      )
    }
    if (device?.source.startsWith('/dev/mmcblk') === true) {
      more.push(note('that is an SD card, which wears out by being written to', 'an SSD on USB lasts a mission'))
    }
    return [
      free < SCARCE
        ? fault(has, 'make room: below 200 MB it does not last')
        : free < LITTLE
          ? note(has, 'a year of a habitat with 100 points takes some GB')
          : ok(has),
      ...more,
      ...runs(subject),
    ]
  },
}

function runs({ running: { yes, pids }, machine, data }: Subject) {
  if (!yes) return [ok('no other habtwin runs in it')]
  const who = pids.length === 0 ? '' : `: ${told(pids.map((pid) => ({ pid, name: machine.nameOf(pid) })))}`
  return [
    note(`habtwin runs in it already${who}`, `a second one is refused; --data with another folder than ${data.root}`),
  ]
}

/** `12.3 GB` */
export function size(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`
}
