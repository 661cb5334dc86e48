/** The configuration: its faults, and what could be better in it. */
import { hintsOn } from '../../commands/check.ts'
import { type Check, count, note, ok, stop } from '../check.ts'

export const configuration: Check = {
  title: 'Configuration',
  async look({ file, given, config, faults }) {
    if (config === undefined) return faults.map((says) => stop(says, `mend ${file}`))
    const devices = count(Object.keys(config.devices).length, 'device')
    const what = given ? file : 'none given: the demo'
    const simulated = config.simulated ? ', nothing of it real' : ''
    const hints = await hintsOn(config)
    return [
      ok(`${what}: ${config.habitat.label}, ${devices}${simulated}`),
      ...hints.map(({ path, message }) => note(`${path}: ${message}`)),
    ]
  },
}
