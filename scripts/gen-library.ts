/** Writes `docs/scenario-library.md` from the library of scenarios: `node scripts/gen-library.ts`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Agent, Flow, Model } from '../sim-core/src/engine/model.ts'
import { agents } from '../sim-core/src/scenario/library/agents.ts'
import { alone } from '../sim-core/src/scenario/library/alone.ts'
import { currencies } from '../sim-core/src/scenario/library/currencies.ts'
import { presets } from '../sim-core/src/scenario/library/index.ts'
import type { AgentForm } from '../sim-core/src/scenario/own/form.ts'

export const libraryFile = join(import.meta.dirname, '../docs/scenario-library.md')

const figure = (x: number) => (x === 0 ? '0' : String(Number(x.toPrecision(4))))

/** The text of the page. */
export function generate(): string {
  return [
    '# The library of scenarios\n',
    '<!-- Generated from sim-core/src/scenario/library by scripts/gen-library.ts. -->\n',
    'What a scenario may `use`; how one is written: [scenarios.md](scenarios.md). Figures are for one individual and a',
    'day at full run, those found by balance included. Where a source says “unconfirmed”, the figure is from the',
    'literature and was not looked up again; “assumed” means that somebody had to choose.\n',
    '## Presets\n',
    ...presetTable(),
    '\n## Agents\n',
    ...Object.entries<AgentForm>(agents).map(([id, form]) => section(id, form)),
    '## Currencies\n',
    'Energy is the heat of combustion at 25 °C; that of electricity, heat and light counts in full.\n',
    ...currencyTable(),
    '',
  ].join('\n')
}

function presetTable(): string[] {
  const rows = presets().map(({ id, label, description, steps, dt }) => [
    `\`${id}\``,
    label,
    `${(steps * dt) / 24} d`,
    description,
  ])
  return table(['preset', '', 'runs', ''], rows)
}

function currencyTable(): string[] {
  const rows = Object.entries(currencies).map(([id, { label, category, unit, matter }]) => {
    const elements = Object.entries(matter.elements).map(
      ([name, part]) => `${name} ${((part as number) * 100).toFixed(1)} %`,
    )
    return [`\`${id}\``, label, category, unit, elements.join(', '), figure(matter.energy)]
  })
  return table(['currency', '', 'category', 'in', 'elements, by mass', 'kWh in each'], rows)
}

function section(id: string, form: AgentForm): string {
  const model = alone(id)
  const agent = model.agents[0] as Agent
  const unit = form.unit === undefined ? '' : ` By the ${form.unit}.`
  const stored = Object.entries(form.capacity ?? {}).map(([currency, text]) => `${currency} ${text}`)
  return [
    `### ${id}\n`,
    `${form.label}.${unit}${form.description === undefined ? '' : ` ${form.description}`}\n`,
    ...(stored.length === 0 ? [] : [`Holds ${stored.join(', ')}.\n`]),
    ...(form.lifetime === undefined ? [] : [`Lives ${form.lifetime}.\n`]),
    ...processTable(agent, form, model),
    ...(form.sources ?? []).map((source) => `- ${source}`),
    '',
  ].join('\n')
}

function processTable(agent: Agent, form: AgentForm, model: Model): string[] {
  const rows = (agent.closed?.processes ?? []).map(({ id, extent }) => {
    const flows = agent.flows.filter(({ process }) => process === id)
    const { mix, leak } = form.processes?.[id] ?? {}
    if (mix) return [id, `${mix.flow} from ${mix.a} to ${mix.b}`, 'and as much back']
    if (leak) return [id, `${leak.share} of each gas`, leak.to]
    const side = (direction: Flow['direction']) =>
      flows
        .filter((flow) => flow.direction === direction)
        .map((flow) => told(flow, extent === 'all', model))
        .join(', ')
    return [id, side('in'), side('out')]
  })
  return rows.length === 0 ? [] : [...table(['process', 'in', 'out'], rows), '']
}

function told({ currency, value }: Flow, isAll: boolean, { currencies }: Model): string {
  const unit = currencies.find(({ id, category }) => id === currency || category === currency)?.unit ?? ''
  return isAll ? `all ${currency}` : `${currency} ${figure(value * 24)} ${unit}`
}

/** A table as wide as it must be. */
function table(head: string[], rows: string[][]): string[] {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)]
}

if (import.meta.main) writeFileSync(libraryFile, generate())
