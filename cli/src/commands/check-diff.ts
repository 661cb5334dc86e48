/** `habtwin check NOW --diff CHANGED`: what a running gateway would do if its file were changed so. */
import { Fleet } from '@habtwin/gateway/drivers/fleet'
import { type Config, configChanges, type Needs, systemClock } from '@habtwin/runtime'
import { configSource } from '../habitat.ts'

const follows: Readonly<Record<Needs, string>> = {
  nothing: '',
  sim: ' (sim begins anew; nothing is lost)',
  gateway: ' (needs a restart of the gateway)',
}

/** Throws a ConfigError where either file has a fault. */
export async function checkDiff(now: string | undefined, changed: string, json: boolean): Promise<void> {
  const [before, after] = [(await configSource(now)).read(), (await configSource(changed)).read()]
  const changes = configChanges(before, after)
  const fleet = await Fleet.load(fleetOf(before.config))
  const plan = await fleet.plan(fleetOf(after.config))
  const stays = new Set(plan.start.map(({ id }) => id))
  const stopped = plan.stop.filter((id) => !stays.has(id))
  const begun = plan.start.map(({ id }) => id).filter((id) => !plan.stop.includes(id))
  const restarted = plan.stop.filter((id) => stays.has(id))
  if (json) {
    const told = changes.map(({ words, needs, path }) => ({ path: path.join('.'), words, needs }))
    process.stdout.write(`${JSON.stringify({ changes: told, begun, restarted, stopped, buses: plan.buses })}\n`)
    return
  }
  const lines = changes.map(({ words, needs }) => `  ${words}${follows[needs]}`)
  process.stdout.write(lines.length === 0 ? 'nothing would change\n' : `a reload would bring:\n${lines.join('\n')}\n`)
  const told = [
    ['devices begun', begun],
    ['devices started again', restarted],
    ['devices stopped', stopped],
    ['buses closed or opened again', plan.buses],
  ] as const
  for (const [what, ids] of told) if (ids.length > 0) process.stdout.write(`  ${what}: ${ids.join(', ')}\n`)
}

function fleetOf(config: Config) {
  const devices = Object.fromEntries(Object.entries(config.devices).filter(([, device]) => device.enabled))
  const habitat = { ...config.habitat, zones: config.zones }
  return { clock: systemClock, habitat, buses: config.buses, devices, report: () => undefined }
}
