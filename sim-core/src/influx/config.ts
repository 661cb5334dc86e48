/** Where the mirror writes, from the configuration. */
import { type Config, secret } from '@habtwin/runtime'
import type { InfluxConfig } from './transport.ts'

/** With its secrets, which are read now: their files may be written only after this process began. */
export function influxOf(influx: NonNullable<Config['influx']>): InfluxConfig {
  const { url, org, bucket, database, username } = influx
  return {
    url,
    org,
    bucket,
    database,
    user: username,
    token: secret(influx.token, influx.token_file),
    password: secret(influx.password, influx.password_file),
  }
}
