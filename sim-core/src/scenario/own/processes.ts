/** The processes of an agent: from the form to what the closed rule runs. */
import type { Process } from '../../engine/closed/process.ts'
import type { Flow } from '../../engine/model.ts'
import type { Faults } from './faults.ts'
import { flowsOf, type Owner } from './flows.ts'
import type { ProcessForm } from './form.ts'
import type { Places } from './places.ts'
import { amount, atLeastZero, FigureFault, part } from './quantity.ts'
import { shareByHour, type Views } from './views.ts'

export interface Built {
  readonly process: Process
  readonly flows: readonly Flow[]
}

/** @param lifetime of the agent, h */
export function processOf(
  form: ProcessForm,
  owner: Owner,
  lifetime: number | undefined,
  places: Places,
  views: Views,
  faults: Faults,
): Built {
  const { path, agent } = owner
  const kinds = [form.mix, form.leak, form.in ?? form.out].filter((kind) => kind !== undefined)
  if (kinds.length > 1) faults.add(path, 'must be one of a mix, a leak, or flows in and out')
  const { extent, flows } = form.mix
    ? mixOf(form.mix, owner, places, faults)
    : form.leak
      ? leakOf(form.leak, owner, places, faults)
      : plain(form, owner, places, faults)
  if ((form.ramp !== undefined || form.stage !== undefined) && lifetime === undefined) {
    faults.add(path, '`ramp` and `stage` go by age: the agent needs a `lifetime`')
  }
  const process: Process = {
    id: owner.process,
    extent,
    switches: (form.when ?? []).flatMap((one, i) => views.switch(one, agent, `${path}.when[${i}]`) ?? []),
    responses: (form.follows ?? []).flatMap((one, i) => views.response(one, agent, `${path}.follows[${i}]`) ?? []),
    keep: form.keep && views.keep(form.keep, flows, agent, `${path}.keep`),
    daily:
      form.daily === undefined
        ? undefined
        : faults.try(`${path}.daily`, undefined, () => dailyOf(form.daily as string | number[])),
    ramp:
      form.ramp === undefined
        ? undefined
        : faults.try(`${path}.ramp`, undefined, () => rampOf(form.ramp as string, lifetime ?? 0)),
    stage: form.stage,
    vital:
      form.vital === undefined
        ? undefined
        : faults.try(`${path}.vital`, undefined, () => atLeastZero(form.vital as string, 'h')),
  }
  return { process, flows }
}

type Extent = { extent: Process['extent']; flows: readonly Flow[] }

function plain(form: ProcessForm, owner: Owner, places: Places, faults: Faults): Extent {
  const { flows, isAll } = flowsOf(form, owner, places, faults)
  return { extent: isAll ? 'all' : 'rate', flows }
}

function mixOf(
  { a, b, flow }: { a: string; b: string; flow: string },
  owner: Owner,
  places: Places,
  faults: Faults,
): Extent {
  const { path, agent } = owner
  const rooms = (['a', 'b'] as const).map((end) => places.one(end === 'a' ? a : b, agent, `${path}.mix.${end}`))
  for (const [i, id] of rooms.entries()) {
    if (id !== undefined && places.all.get(id)?.volume === undefined)
      faults.add(`${path}.mix.${i === 0 ? 'a' : 'b'}`, `${id} is no room: it has no air`)
  }
  const value = faults.try(`${path}.mix.flow`, 0, () => atLeastZero(flow, 'm3/h'))
  const [one, other] = rooms
  if (one === undefined || other === undefined) return { extent: 'mix', flows: [] }
  if (one === other) faults.add(`${path}.mix`, 'a room cannot exchange air with itself')
  const gases = places.category('atmosphere').filter((gas) => places.holds(one, gas) && places.holds(other, gas))
  const flows = gases.flatMap((gas) => [
    ...pair(gas, one, other, value, owner.process),
    ...pair(gas, other, one, value, owner.process),
  ])
  return { extent: 'mix', flows }
}

function leakOf(
  { from, to, share }: { from: string; to: string; share: string },
  owner: Owner,
  places: Places,
  faults: Faults,
): Extent {
  const { path, agent } = owner
  const room = places.one(from, agent, `${path}.leak.from`)
  const outside = places.one(to, agent, `${path}.leak.to`)
  const value = faults.try(`${path}.leak.share`, 0, () => shareByHour(share))
  if (outside !== undefined && !places.is(outside, 'vent')) faults.add(`${path}.leak.to`, `${outside} is no vent`)
  if (room === undefined || outside === undefined) return { extent: 'leak', flows: [] }
  const gases = places.category('atmosphere').filter((gas) => places.holds(room, gas) && places.holds(outside, gas))
  return { extent: 'leak', flows: gases.flatMap((gas) => pair(gas, room, outside, value, owner.process)) }
}

/** A gas that goes from one place to another. */
function pair(currency: string, from: string, to: string, value: number, process: string): Flow[] {
  const rest = { currency, value, requires: [], criteria: [], growth: [], weighted: [], deprive: undefined, process }
  return [
    { ...rest, direction: 'in', connections: [from] },
    { ...rest, direction: 'out', connections: [to] },
  ]
}

/** Factors by hour of day, their mean 1. @throws FigureFault */
function dailyOf(written: string | number[]): number[] {
  const shape = typeof written === 'string' ? shapeOf(written) : written
  const mean = shape.reduce((sum, factor) => sum + factor, 0) / 24
  if (!(mean > 0)) throw new FigureFault('must be above zero in some hour')
  return shape.map((factor) => factor / mean)
}

function shapeOf(written: string): number[] {
  const noon = (hour: number) => hour + 0.5 - 12
  if (written === 'sun')
    return Array.from({ length: 24 }, (_, hour) => Math.max(0, Math.cos((noon(hour) * Math.PI) / 12)))
  const hours = amount(written, 'h')
  if (!(hours > 0 && hours <= 24)) throw new FigureFault(`"${written}" must be above 0 h and at most 24 h`)
  return Array.from({ length: 24 }, (_, hour) => (Math.abs(noon(hour)) < hours / 2 ? 1 : 0))
}

/** Hours of age until a process runs in full, of a part of life. @throws FigureFault */
function rampOf(written: string, lifetime: number): number {
  return part(written) * lifetime
}
