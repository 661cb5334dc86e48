/** `habtwin check` */
import { ConfigError, describeFault } from '@habtwin/runtime'
import { configFile, readConfig } from '../habitat.ts'

export async function check(file: string | undefined, { json = false }: { json?: boolean }): Promise<number> {
  try {
    const config = await readConfig(file)
    const zones = Object.keys(config.zones).length
    const devices = Object.keys(config.devices).length
    const said = `${configFile(file)} is right: ${config.habitat.label}, ${zones} zones, ${devices} devices`
    process.stdout.write(json ? `${JSON.stringify({ ok: true, zones, devices })}\n` : `${said}\n`)
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
