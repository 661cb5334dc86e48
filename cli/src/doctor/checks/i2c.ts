/** I2C: buses, their group, and the module that has to be built. */
import { isHabtwinError, messageOf } from '@habtwin/contract'
import { type Check, type Finding, fault, note, ok } from '../check.ts'

const ON = 'on a Pi: sudo raspi-config, Interface Options, I2C; then restart it'

export const i2c: Check = {
  title: 'I2C',
  async look({ machine, config }) {
    const there = machine
      .list('/dev')
      .filter((name) => /^i2c-\d+$/.test(name))
      .map((name) => `/dev/${name}`)
    const wanted = Object.entries(config?.buses ?? {}).flatMap(([id, { driver, path }]) =>
      driver === 'i2c' && typeof path === 'string' && path !== 'simulated' ? [{ id, path }] : [],
    )
    const isWanted = (path: string) => wanted.some((bus) => machine.follow(bus.path) === path)
    const found: Finding[] = there.map((path) => {
      if (machine.mayOpen(path)) return ok(path)
      const says = `${path} may not be opened by this user`
      const todo = `sudo usermod -aG ${machine.groupOf(path, 'i2c')} $USER, then log in again`
      return isWanted(path) ? fault(says, todo) : note(says, todo)
    })
    const lacking = wanted
      .filter(({ path }) => !machine.exists(path))
      .map(({ id, path }) => fault(`there is no ${path}, which the bus ${id} is on`, ON))
    if (there.length === 0 && wanted.length === 0) return [ok('no bus on this machine, and none wanted')]
    return [...found, ...lacking, ...(await module(machine.i2c, wanted.length > 0))]
  },
}

async function module(load: () => Promise<unknown>, isWanted: boolean): Promise<Finding[]> {
  try {
    await load()
    return [ok('the module i2c-bus is built')]
  } catch (error) {
    // told with how to come by it
    const [says, todo] = split(isHabtwinError(error) ? error.message : messageOf(error))
    return [isWanted ? fault(says, todo) : note(says, todo)]
  }
}

function split(message: string): [says: string, todo: string] {
  const at = message.search(/[;:] /)
  return at < 0 ? [message, 'npm ci'] : [message.slice(0, at), message.slice(at + 2)]
}
