/** Serial ports: which there are, by lasting names, whether they may be opened, and who has them. */
import { type Check, type Finding, fault, note, ok, type Subject } from '../check.ts'
import { type Machine, told } from '../machine.ts'

/** USB adapters and boards, a Pi's own UART. A PC's ttyS ports are listed by the kernel whether they are there or not. */
const PORT = /^tty(USB|ACM|AMA|XRUSB|O|mxc)\d+$/

export interface Port {
  readonly path: string
  /** Its name under /dev/serial/by-id, else by-path; its own where it has neither. */
  readonly lasting: string
}

export function serialPorts(machine: Machine): Port[] {
  return machine
    .list('/dev')
    .filter((name) => PORT.test(name))
    .map((name) => ({ path: `/dev/${name}`, lasting: lastingName(machine, `/dev/${name}`) }))
}

function lastingName(machine: Machine, path: string): string {
  for (const folder of ['/dev/serial/by-id', '/dev/serial/by-path']) {
    const name = machine.list(folder).find((name) => machine.follow(`${folder}/${name}`) === path)
    if (name !== undefined) return `${folder}/${name}`
  }
  return path
}

export const serial: Check = {
  title: 'Serial ports',
  look(subject) {
    const { machine } = subject
    const ports = serialPorts(machine)
    const wanted = wantedPorts(subject)
    const found = ports.flatMap(({ path, lasting }) => {
      const buses = wanted.filter(({ path: written }) => machine.follow(written) === path).map(({ id }) => id)
      return look(subject, { path, lasting }, buses)
    })
    const others = wanted.filter(({ path }) => !ports.some((port) => machine.follow(path) === port.path))
    const lacking = others.flatMap(({ id, path }) =>
      machine.exists(path)
        ? look(subject, { path: machine.follow(path), lasting: path }, [id])
        : [fault(`there is no ${path}, which the bus ${id} is on`, there(ports))],
    )
    const all = [...found, ...lacking]
    return all.length > 0 ? all : [ok('none on this machine, and none wanted')]
  },
}

function there(ports: readonly Port[]): string {
  if (ports.length === 0) return 'plug the adapter in; dmesg shows whether the kernel knows it'
  return `plug it in, or write one of those that there are: ${ports.map(({ lasting }) => lasting).join(', ')}`
}

function look({ machine, running }: Subject, { path, lasting }: Port, buses: readonly string[]): Finding[] {
  const name = lasting === path ? path : `${lasting} (${path})`
  const use = buses.length === 0 ? '' : `, of the bus ${buses.join(', ')}`
  if (!machine.mayOpen(path)) {
    const group = machine.groupOf(path, 'dialout')
    const todo = `sudo usermod -aG ${group} $USER, then log in again`
    const says = `${name}${use} may not be opened by this user`
    return [buses.length > 0 ? fault(says, todo) : note(says, todo)]
  }
  // the far end of a pty holds it as well
  const holders = path.startsWith('/dev/pts/') ? [] : machine.holders(path)
  if (holders.length === 0) return [ok(`${name}${use}`)]
  const says = `${name}${use} is held by ${told(holders)}`
  if (holders.every(({ pid }) => running.pids.includes(pid))) return [ok(says)]
  const todo = 'end that program: what one reads the other never sees'
  return [buses.length > 0 ? fault(says, todo) : note(says, todo)]
}

function wantedPorts({ config }: Subject): { readonly id: string; readonly path: string }[] {
  return Object.entries(config?.buses ?? {}).flatMap(([id, bus]) =>
    typeof bus.path === 'string' && 'baud' in bus && bus.path.startsWith('/') ? [{ id, path: bus.path }] : [],
  )
}
