/**
 * Queries in InfluxQL, the one language that InfluxDB 1.x, 2.x and 3 all answer. Only what is in all three:
 * mean, min, max, last, percentile, fill, SHOW TAG VALUES.
 */
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'

/** The data source that `deploy/grafana` provisions. */
export const datasource = { type: 'influxdb', uid: 'habtwin' }

/** What the dashboard's variables narrow a query to. `:regex` is right for one value and for many. */
export const ofHabitat = `"habitat" =~ /^\${habitat:regex}$/`
export const ofZone = `${ofHabitat} AND "zone" =~ /^\${zone:regex}$/`

interface InfluxTarget extends Dataquery {
  refId: string
  query: string
  rawQuery: true
  resultFormat: 'time_series' | 'table'
  datasource: typeof datasource
  alias?: string
}

/** A query that draws lines; `alias` names them (`$col`, `$tag_device`). */
export function lines(refId: string, query: string, alias: string): Builder<Dataquery> {
  return target({ refId, query, rawQuery: true, resultFormat: 'time_series', datasource, alias })
}

/** A query that fills a table. */
export function rows(refId: string, query: string): Builder<Dataquery> {
  return target({ refId, query, rawQuery: true, resultFormat: 'table', datasource })
}

// The SDK has no InfluxDB module; a builder is anything with build(). Its marker method stays out of the JSON,
// as methods do.
function target(query: Omit<InfluxTarget, '_implementsDataqueryVariant'>): Builder<Dataquery> {
  return { build: (): InfluxTarget => ({ ...query, _implementsDataqueryVariant() {} }) }
}
