/** The flows of a process: read, their books closed, and compared with what has been published. */
import type { Flow } from '../../engine/model.ts'
import { balanced, type Entry } from './balance.ts'
import type { Faults } from './faults.ts'
import type { FlowForm, ProcessForm } from './form.ts'
import type { Matter } from './matter.ts'
import type { Places } from './places.ts'
import { amount, type CountUnit, coefficient } from './quantity.ts'

/** `balance to air then lung else outside` */
const GRAMMAR =
  /^(?<what>\S.*?)\s+(?<way>from|to)\s+(?<where>[a-z0-9_]+(?:\s+then\s+[a-z0-9_]+)*)(?:\s+else\s+(?<vent>[a-z0-9_]+))?$/

/** A flow as it was written, with what it names found. */
interface Read {
  readonly direction: 'in' | 'out'
  readonly currency: string
  readonly what: string
  readonly connections: readonly string[]
  readonly unit: CountUnit
  readonly matter: Matter
  readonly form: Exclude<FlowForm, string>
  readonly path: string
}

/** What a flow belongs to. */
export interface Owner {
  readonly agent: string
  /** What one individual is. */
  readonly unit: string
  readonly process: string
  readonly path: string
}

export interface Flows {
  readonly flows: readonly Flow[]
  /** It takes all that there is of its first input. */
  readonly isAll: boolean
}

/** Reads the flows of a process and closes its books. */
export function flowsOf(form: ProcessForm, owner: Owner, places: Places, faults: Faults): Flows {
  const before = faults.list.length
  const reads = (['in', 'out'] as const).flatMap((direction) =>
    Object.entries(form[direction] ?? {}).flatMap(([currency, flow]) => {
      const read = readFlow(flow, direction, currency, owner, places, faults)
      return read === undefined ? [] : [read]
    }),
  )
  const [first] = reads
  const isAll = first?.direction === 'in' && first.what === 'all'
  if (isAll && first.connections.some((id) => places.all.get(id)?.form.boundless !== undefined)) {
    faults.add(first.path, 'takes all of something that has no bounds')
  }
  if (reads.length === 0 && faults.list.length === before) faults.add(owner.path, 'has no flows')
  if (faults.list.length > before) return { flows: [], isAll }
  const values = valuesOf(form, reads, isAll, owner, faults)
  if (faults.list.length > before) return { flows: [], isAll }
  const entries = reads.map(
    (read, i): Entry => ({
      name: read.currency,
      sign: read.direction === 'in' ? -1 : 1,
      matter: read.matter,
      value: values[i],
    }),
  )
  const closed = balanced(entries)
  if (typeof closed === 'string') {
    faults.add(owner.path, `the process "${owner.process}" of ${owner.agent}: ${closed}`)
    return { flows: [], isAll }
  }
  compare(reads, closed, basisOf(form, reads, isAll, closed), owner, faults)
  return { isAll, flows: reads.map((read, i) => flowOf(read, closed[i] as number, owner.process)) }
}

function readFlow(
  written: FlowForm,
  direction: 'in' | 'out',
  currency: string,
  owner: Owner,
  places: Places,
  faults: Faults,
): Read | undefined {
  const path = `${owner.path}.${direction}.${currency}`
  const form = typeof written === 'string' ? { flow: written } : written
  if (!places.isCurrency(currency, path, direction === 'in')) return undefined
  const { what, way, where, vent } = GRAMMAR.exec(form.flow.trim())?.groups ?? {}
  const right = direction === 'in' ? 'from' : 'to'
  if (what === undefined || where === undefined || way !== right) {
    faults.add(path, `"${form.flow}" is no flow; write for example \`0.8 kg/d ${right} air\``)
    return undefined
  }
  const named = [...where.split(/\s+then\s+/), ...(vent === undefined ? [] : [vent])]
  const connections = named.flatMap((port) => places.port(port, owner.agent, path))
  for (const id of connections) {
    if (!places.holds(id, currency)) faults.add(path, `${id} cannot hold ${currency}: it has no capacity for it`)
  }
  if (new Set(connections).size < connections.length) faults.add(path, 'is connected to the same agent twice')
  if (vent !== undefined) mustBe(vent, direction === 'in' ? 'source' : 'vent', owner, places, path, faults)
  return { direction, currency, what, connections, form, path, ...matterOf(currency, path, places, faults) }
}

/** What comes after `else` has no bounds: else it would not be the end of it. */
function mustBe(
  port: string,
  what: 'vent' | 'source',
  owner: Owner,
  places: Places,
  path: string,
  faults: Faults,
): void {
  for (const id of places.port(port, owner.agent, path)) {
    if (!places.is(id, what)) faults.add(path, `"${port}" stands after \`else\`, but ${id} is no ${what}`)
  }
}

/** Of a category all are made of the same: else nobody could say what a flow of it is. */
function matterOf(currency: string, path: string, places: Places, faults: Faults): { unit: CountUnit; matter: Matter } {
  const [first, ...others] = places.currencies.has(currency) ? [currency] : places.category(currency)
  const one = places.currencies.get(first ?? '')
  if (one === undefined) throw new RangeError(`no currency for ${currency}`)
  const key = (matter: Matter) => JSON.stringify([matter.energy, Object.entries(matter.elements).sort()])
  const odd = others.find((other) => {
    const it = places.currencies.get(other)
    return it === undefined || it.unit !== one.unit || key(it.matter) !== key(one.matter)
  })
  if (odd !== undefined)
    faults.add(path, `${odd} is made of something else than ${first}: name one currency, not the whole category`)
  return one
}

/** The figures as they are written: undefined for those that balance. */
function valuesOf(
  form: ProcessForm,
  reads: readonly Read[],
  isAll: boolean,
  owner: Owner,
  faults: Faults,
): (number | undefined)[] {
  const basis = reads.find(({ currency }) => currency === form.by)
  if (form.by !== undefined && basis === undefined) {
    faults.add(`${owner.path}.by`, `the process has no flow of ${form.by}`)
    return []
  }
  const first = reads[0] as Read
  const reckoned = isAll ? first : basis
  const per = (read: Read, by: Read | undefined) =>
    faults.try(read.path, { value: 0, per: 'hour' as const }, () =>
      coefficient(read.what, read.unit, owner.unit, by?.unit),
    )
  const rate = isAll ? 1 : basis === undefined ? 0 : per(basis, undefined).value
  return reads.map((read) => {
    if (read.what === 'balance') return undefined
    if (read.what === 'all') {
      if (read !== first || !isAll) faults.add(read.path, 'only the first input of a process can be all that there is')
      return 1
    }
    if (read === basis && !isAll) return rate
    const { value, per: by } = per(read, reckoned)
    if (isAll && by === 'hour') {
      faults.add(
        read.path,
        `goes by ${first.currency}, of which all is taken: write for example \`1 ${read.unit}/${first.unit}\``,
      )
    }
    return by === 'basis' ? value * rate : value
  })
}

/** What the process is reckoned by, in an hour. */
function basisOf({ by }: ProcessForm, reads: readonly Read[], isAll: boolean, values: readonly number[]) {
  const at = isAll ? 0 : reads.findIndex(({ currency }) => currency === by)
  const read = reads[at]
  return read === undefined ? undefined : { unit: read.unit, rate: values[at] as number }
}

/** What was found by balance is compared with what has been published. */
function compare(
  reads: readonly Read[],
  values: readonly number[],
  basis: { unit: CountUnit; rate: number } | undefined,
  owner: Owner,
  faults: Faults,
): void {
  for (const [i, { form, unit, path }] of reads.entries()) {
    if (form.near === undefined) continue
    const { near, within = '10 %' } = form
    faults.try(path, undefined, () => {
      const published = coefficient(near, unit, owner.unit, basis?.unit)
      const figure = published.per === 'basis' ? published.value * (basis?.rate ?? 1) : published.value
      const off = ((values[i] as number) - figure) / figure
      if (Math.abs(off) > amount(within, '1')) {
        faults.add(
          path,
          `balances ${Math.abs(off * 100).toFixed(1)} % ${off > 0 ? 'above' : 'below'} ${near}: more than ${within}`,
        )
      }
    })
  }
}

function flowOf({ direction, currency, connections }: Read, value: number, process: string): Flow {
  return {
    direction,
    currency,
    value,
    connections,
    requires: [],
    criteria: [],
    growth: [],
    weighted: [],
    deprive: undefined,
    process,
  }
}
