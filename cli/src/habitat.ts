/** From the options of a command to the habitat that it is about. */
import { fileURLToPath } from 'node:url'
import { loadDrivers } from '@habtwin/gateway/drivers/fleet'
import { type Config, ConfigSource, loadConfig } from '@habtwin/runtime'

export interface HabitatOptions {
  readonly config?: string
  readonly data: string
  readonly json?: boolean
}

const demo = fileURLToPath(new URL('../../deploy/examples/demo.yaml', import.meta.url))

/** The file that is meant: the demo's where none is given. */
export function configFile(given: string | undefined): string {
  return given ?? demo
}

/** The configuration's file, to be read now and again, checked against every driver there is. */
export async function configSource(file: string | undefined): Promise<ConfigSource> {
  return new ConfigSource(configFile(file), [...(await loadDrivers()).values()])
}

/**
 * The configuration, checked against every driver there is.
 * @throws ConfigError
 */
export async function readConfig(file: string | undefined, env: NodeJS.ProcessEnv = process.env): Promise<Config> {
  const drivers = await loadDrivers()
  return loadConfig(configFile(file), [...drivers.values()], env)
}
