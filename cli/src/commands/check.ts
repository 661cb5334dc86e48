/** `habtwin check` */

import { readFileSync } from 'node:fs'
import { bridgeHints } from '@habtwin/gateway/bridge/hints'
import { overdueCalibrations } from '@habtwin/gateway/conditioning/index'
import { loadDrivers } from '@habtwin/gateway/drivers/fleet'
import { type Config, ConfigError, describeFault, loadReceiveConfig, systemClock } from '@habtwin/runtime'
import { configFile, readConfig } from '../habitat.ts'
import { checkDiff } from './check-diff.ts'

export interface CheckOptions {
  readonly json?: boolean
  /** A file that the other is to be changed into. */
  readonly diff?: string
}

export async function check(file: string | undefined, { json = false, diff }: CheckOptions): Promise<number> {
  try {
    if (diff !== undefined) {
      await checkDiff(file, diff, json)
      return 0
    }
    if (isReceiver(file)) {
      const { receive } = loadReceiveConfig(file)
      process.stdout.write(json ? `${JSON.stringify({ ok: true })}\n` : `${file} is right: ${receive.label}, for habtwin receive\n`) // biome-ignore format: one line
      return 0
    }
    const config = await readConfig(file)
    const zones = Object.keys(config.zones).length
    const devices = Object.keys(config.devices).length
    const said = `${configFile(file)} is right: ${config.habitat.label}, ${zones} zones, ${devices} devices`
    const hints = await hintsOn(config)
    process.stdout.write(json ? `${JSON.stringify({ ok: true, zones, devices, hints })}\n` : `${said}\n`)
    for (const { path, message } of json ? [] : hints) process.stdout.write(`  hint: ${path}: ${message}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const fault of error.faults) {
      process.stdout.write(
        json ? `${JSON.stringify({ file: error.file, ...fault })}\n` : `${describeFault(error.file, fault)}\n`,
      )
    }
    const { length } = error.faults
    if (!json) process.stdout.write(`${length} ${length === 1 ? 'fault' : 'faults'} in ${error.file}\n`)
    return 1
  }
}

/** True for the file of a receiver, which has no devices and says what it receives. What cannot be read is told as a habitat's. */
function isReceiver(file: string | undefined): boolean {
  try {
    return file !== undefined && /^receive:/m.test(readFileSync(file, 'utf8'))
  } catch {
    return false
  }
}

/** What works as it is and could be better: as the drivers of the buses see it, and calibrations that are overdue. */
export async function hintsOn(config: Config): Promise<{ path: string; message: string }[]> {
  const { buses } = config
  const drivers = await loadDrivers(Object.values(buses).map(({ driver }) => driver))
  const hints = await Promise.all(
    Object.entries(buses).map(async ([id, bus]) => {
      const message = await drivers.get(bus.driver)?.bus?.hint?.(bus)
      return message === undefined ? [] : [{ path: `buses.${id}`, message }]
    }),
  )
  return [...hints.flat(), ...bridgeHints(config), ...overdueCalibrations(config, systemClock.now())]
}
