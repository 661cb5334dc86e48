/** The machine's clock: whether it is right, who says so, and what it shows to people. */
import { assume, EARLIEST } from '@habtwin/gateway/clock/machine'
import { type Check, type Finding, fault, note, ok } from '../check.ts'

const SYNC = 'sudo timedatectl set-ntp true, where there is a network; docs/clock.md tells what happens until then'

export const clock: Check = {
  title: 'Clock',
  async look({ machine, config }) {
    const now = machine.now()
    const shown = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')
    if (now < EARLIEST) {
      const todo = `set it: sudo date -s …, or let it be set (${SYNC})`
      return [fault(`it shows ${shown}, which is before this version was written`, todo), zone(machine.now, config)]
    }
    return [...(await evidence(shown)), zone(machine.now, config)]

    async function evidence(shown: string): Promise<Finding[]> {
      const { sync = 'auto', evidence: files = [] } = config?.clock ?? {}
      if (sync === 'trusted') return [ok(`${shown}, believed because the configuration says so`)]
      const seen = machine.evidence(files)
      const file = seen.file()
      if (file !== undefined) return [ok(`${shown}, synchronised: ${file.path} is there`)]
      const { synced, by } = await seen.ask()
      if (synced === true) return [ok(`${shown}, synchronised: ${by} says so`)]
      const assumed = assume(machine.root)
      const denied = synced === false ? `${by} says that it is not synchronised` : 'nobody vouches for it'
      if (sync === 'auto' && assumed.synced) {
        return [note(`${shown}; ${denied}, but ${assumed.reason}, so it is believed`, SYNC)]
      }
      const why = sync === 'untrusted' ? 'the configuration waits for evidence' : assumed.reason
      return [note(`${shown}; ${denied}, and ${why}: readings wait for their time`, SYNC)]
    }
  },
}

function zone(now: () => number, config: { readonly habitat: { readonly timezone: string } } | undefined): Finding {
  const machine = Intl.DateTimeFormat().resolvedOptions().timeZone
  const habitat = config?.habitat.timezone
  const at = (timeZone: string) =>
    new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(now())
  if (habitat === undefined || habitat === machine) return ok(`time zone ${machine} (${at(machine)})`)
  return ok(`time zone of the habitat ${habitat} (${at(habitat)}); of the machine ${machine} (${at(machine)})`)
}
