/** 1-Wire, as the kernel shows it. */
import { type Check, fault, note, ok } from '../check.ts'

const FOLDER = '/sys/bus/w1/devices'

export const oneWire: Check = {
  title: '1-Wire',
  look({ machine, config }) {
    const wanted = Object.entries(config?.buses ?? {}).filter(
      ([, { driver, path }]) => driver === 'w1' && path !== 'simulated',
    )
    const sensors = Object.entries(config?.devices ?? {}).flatMap(([id, { bus, sensor }]) =>
      wanted.some(([name]) => name === bus) && typeof sensor === 'string' ? [{ id, sensor }] : [],
    )
    if (!machine.exists(FOLDER)) {
      if (wanted.length === 0) return [ok('no bus on this machine, and none wanted')]
      const todo = 'write dtoverlay=w1-gpio into /boot/firmware/config.txt and restart'
      return [fault(`the kernel has no 1-Wire, which the bus ${wanted.map(([id]) => id).join(', ')} is on`, todo)]
    }
    const there = machine.list(FOLDER).filter((name) => /^[0-9a-f]{2}-[0-9a-f]{12}$/.test(name))
    const unused = there.filter((name) => !sensors.some(({ sensor }) => sensor === name))
    return [
      there.length === 0
        ? note('there is a bus, and nobody on it', 'check the wiring and its 4.7 kΩ resistor')
        : ok(there.join(', ')),
      ...sensors
        .filter(({ sensor }) => !there.includes(sensor))
        .map(({ id, sensor }) =>
          fault(
            `${sensor}, which is ${id}, is not on the bus`,
            unused.length === 0 ? 'check that it is plugged in' : `is it one of ${unused.join(', ')}?`,
          ),
        ),
    ]
  },
}
