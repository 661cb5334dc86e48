/** One quantity of one zone: what was read, what the twin makes of it, and what it says comes next. */

import { LegendDisplayMode, LegendPlacement, VizLegendOptionsBuilder } from '@grafana/grafana-foundation-sdk/common'
import type { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries'
import { type Point, points } from '@habtwin/contract'
import { datasource, lines, ofZone } from './influxql.ts'

/** Grafana's names for units. */
const units = { co2: 'ppm', o2: 'percent', temperature: 'celsius', humidity: 'percent' } as const

export type Drawn = keyof typeof units & Point

/** The panel of a quantity; the row around it is repeated for each zone. */
export function zonePanel(point: Drawn): PanelBuilder {
  return new timeseries.PanelBuilder()
    .title(`${points[point].label}, $zone`)
    .datasource(datasource)
    .unit(units[point])
    .span(12)
    .height(9)
    .lineWidth(1)
    .spanNulls(true)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .withTarget(lines('reading', over('reading', mean(point), '', ', "device"'), '$tag_device'))
    .withTarget(lines('estimate', over('estimate', mean(point, 'estimate')), '$col'))
    .withTarget(lines('forecast', over('forecast', band(point), ` AND "lead" = 'latest'`), '$col'))
    .withTarget(
      lines('earlier', over('forecast', mean(`${point}_p50`, 'said 24 h before'), ` AND "lead" = '24h'`), '$col'),
    )
    .overrideByName('estimate', [{ id: 'custom.lineWidth', value: 2 }, colour('text')])
    .overrideByName('forecast', [{ id: 'custom.lineWidth', value: 2 }, colour('blue')])
    .overrideByName('5 %', [{ id: 'custom.lineWidth', value: 0 }, colour('blue'), hidden])
    .overrideByName('95 %', [
      { id: 'custom.lineWidth', value: 0 },
      { id: 'custom.fillBelowTo', value: '5 %' },
      { id: 'custom.fillOpacity', value: 20 },
      colour('blue'),
      hidden,
    ])
    .overrideByName('said 24 h before', [
      { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 8] } },
      colour('purple'),
    ])
}

/** In the drawing, but not in the legend. */
const hidden = { id: 'custom.hideFrom', value: { legend: true, tooltip: false, viz: false } }

function colour(fixedColor: string) {
  return { id: 'color', value: { mode: 'fixed', fixedColor } }
}

function mean(field: string, as = field): string {
  return `mean("${field}") AS "${as}"`
}

function band(point: Drawn): string {
  return [mean(`${point}_p05`, '5 %'), mean(`${point}_p50`, 'forecast'), mean(`${point}_p95`, '95 %')].join(', ')
}

function over(measurement: string, fields: string, where = '', group = ''): string {
  return (
    `SELECT ${fields} FROM "${measurement}" WHERE ${ofZone}${where} AND $timeFilter ` +
    `GROUP BY time($__interval)${group} fill(none)`
  )
}
