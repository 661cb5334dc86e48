/**
 * The habitat at a glance:
 *
 *   alerts                │ devices
 *   ── zone ────────────────────────── (repeated)
 *   CO₂                   │ O₂
 *   temperature           │ humidity
 */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import * as table from '@grafana/grafana-foundation-sdk/table'
import { datasource, ofHabitat, rows } from './influxql.ts'
import { zonePanel } from './zone-panel.ts'

/** The dashboard as Grafana takes it from a provisioned file. */
export function overview(): dashboard.Dashboard {
  return new dashboard.DashboardBuilder('Habitat')
    .uid('habtwin-overview')
    .description('Readings, estimates and forecasts per zone, with alerts and when each device was last heard.')
    .tags(['habtwin'])
    .timezone('browser')
    .time({ from: 'now-24h', to: 'now+12h' })
    .refresh('30s')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .withVariable(tagValues('habitat', 'Habitat', ''))
    .withVariable(tagValues('zone', 'Zone', ` WHERE ${ofHabitat}`).multi(true).includeAll(true).current(all))
    .withPanel(alerts())
    .withPanel(devices())
    .withRow(new dashboard.RowBuilder('$zone').repeat('zone'))
    .withPanel(zonePanel('co2'))
    .withPanel(zonePanel('o2'))
    .withPanel(zonePanel('temperature'))
    .withPanel(zonePanel('humidity'))
    .build()
}

const all = { selected: true, text: ['All'], value: ['$__all'] }

function tagValues(tag: string, label: string, where: string): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(tag)
    .label(label)
    .datasource(datasource)
    .query(`SHOW TAG VALUES FROM "reading" WITH KEY = "${tag}"${where}`)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc)
}

function alerts(): table.PanelBuilder {
  const fields = '"level", "zone", "text", "value", "limit", "active"'
  return new table.PanelBuilder()
    .title('Alerts')
    .description('The newest first. An alert has a row for each time that it changed; active is false when it is over.')
    .datasource(datasource)
    .span(12)
    .height(8)
    .noValue('None')
    .withTarget(
      rows('alerts', `SELECT ${fields} FROM "alert" WHERE ${ofHabitat} AND $timeFilter ORDER BY time DESC LIMIT 100`),
    )
}

function devices(): table.PanelBuilder {
  // The mirror has no health; a device that is well is one that was heard of.
  const query = `SELECT * FROM "reading" WHERE ${ofHabitat} AND $timeFilter GROUP BY "device" ORDER BY time DESC LIMIT 1`
  return new table.PanelBuilder()
    .title('Devices')
    .description('The last reading of each device, and when it was.')
    .datasource(datasource)
    .span(12)
    .height(8)
    .withTarget(rows('devices', query))
}
