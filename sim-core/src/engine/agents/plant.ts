/** A crop: grows under light, answers to CO2, is harvested when it is grown, and begins again. */
import { figure } from '../emit.ts'
import type { Agent, Flow } from '../model.ts'
import type { AgentClass, Cell, Places, Turn } from './agent-class.ts'
import { courseOf, photoperiodOf } from './light.ts'

/** µmol CO2 per mol, the compensation point of C3 crops at 25 °C. */
const COMPENSATION = 55.2
/** Between these the response to CO2 is described, ppm by mass. */
const LEAST = 350
const MOST = 700
/** What the uptake's formula gives at the reference level, so that the response there is 1. */
const AT_REFERENCE = 1.2426059597016264
/** Transpiration at 350 ppm, as a part of that at 700. */
const TRANSPIRATION = 1 / 1.37

const number = (agent: Agent, name: string, otherwise: number) => {
  const value = agent.properties[name]
  return typeof value === 'number' ? value : otherwise
}

/** How much more a C3 crop takes up at c ppm than at the reference level. */
export function uptake(c: number): number {
  const t = COMPENSATION
  return ((c - t) * (350 + 2 * t)) / ((c + 2 * t) * (350 - t)) / AT_REFERENCE
}

/** How much a crop transpires at c ppm, as a part of what it does at 700. */
export function transpiration(c: number): number {
  return TRANSPIRATION + ((c - LEAST) * (1 - TRANSPIRATION)) / (MOST - LEAST)
}

export default {
  name: 'plant',
  attributes: () => ({
    age: 0,
    daily_growth_factor: 1,
    par_factor: 1,
    growth_rate: 0,
    cu_factor: 1,
    te_factor: 1,
  }),
  hidden: (agent) => ({ grown: 0, delay: agent.delay }),
  active: (agent) => (agent.delay > 0 ? 0 : agent.amount),
  runs: (flow: Flow) => ({ attribute: 'grown', is: flow.criteria.some(({ path }) => path === 'grown') ? 1 : 0 }),

  turn(places): Turn {
    const { agent, model } = places
    const active = places.active(agent.id)
    const age = places.attribute('age')
    const daily = places.attribute('daily_growth_factor')
    const grown = places.attribute('grown')
    const delay = places.attribute('delay')
    const biomass = places.store(agent.id, 'biomass')
    const lifetime = number(agent, 'lifetime', 0)
    const growth = agent.flows.find(({ direction, currency }) => direction === 'out' && currency === 'biomass')
    const full = (growth?.value ?? 0) * lifetime
    const amount = figure(agent.amount)
    const size =
      biomass !== undefined && full > 0 ? `${active} > 0 ? 2 * (${biomass} / ${active}) / ${figure(full)} : 0` : '0'
    const rest = remains(places)
    return {
      before: [
        `if (!(${delay} > 0)) {`,
        `${grown} = ${age} >= ${figure(lifetime)} ? 1 : 0`,
        `${daily} = ${places.list(courseOf(photoperiodOf(agent)))}[now.hour]`,
        ...gainLight(places),
        `${places.attribute('growth_rate')} = ${size}`,
        ...answerToCo2(places),
        '}',
      ],
      after: [
        `if (${delay} > 0) {`,
        `${delay} = Math.max(0, ${delay} - ${figure(model.dt)})`,
        `if (${delay} === 0) ${active} = ${amount}`,
        `} else if (${grown} !== 0 && ${active} !== 0) {`,
        ...(biomass === undefined ? [] : [`${biomass} = 0`]),
        `${age} = 0`,
        `${active} = ${agent.properties.reproduce === true ? amount : 0}`,
        '}',
      ],
      dying:
        biomass === undefined
          ? []
          : [
              `const lost = ${biomass} * share`,
              `${biomass} -= lost`,
              ...(rest === undefined ? [] : [`${rest} += lost`]),
            ],
    }
  },
} satisfies AgentClass

/** Takes the light that it wants from its lamps, one after the other; under a sun there is what there is. */
function gainLight(places: Places): string[] {
  const { agent } = places
  const factor = places.attribute('par_factor')
  const { sun, lamps } = lightOf(places)
  const fromLamps = [
    `const wanted = ideal * ${places.active(agent.id)}`,
    'let missing = wanted, given = 0',
    ...lamps.flatMap((lamp) => [
      'if (missing > 0) {',
      `const taken = missing < ${lamp} ? missing : ${lamp}`,
      `${lamp} -= taken`,
      'missing -= taken',
      'given += taken',
      '}',
    ]),
    `${factor} = wanted > 0 ? (given < wanted ? given / wanted : 1) : 0`,
  ]
  return [
    `const ideal = ${figure(number(agent, 'par_baseline', 0))} * ${places.attribute('daily_growth_factor')}`,
    'if (ideal > 0) {',
    ...(sun === undefined ? fromLamps : [`${factor} = Math.min(1, ${sun} / ideal)`]),
    `} else ${factor} = 0`,
  ]
}

/** The answer to CO2 is found once a step, by the first crop that acts, and holds for all. */
function answerToCo2(places: Places): string[] {
  const known = places.shared('co2_step', 0)
  const [cu, te] = [places.shared('cu', 1), places.shared('te', 1)]
  const air = airOf(places)
  const find = air && [
    `${known} = now.step`,
    `const all = ${air.all.join(' + ')}`,
    `const c = Math.min(${MOST}, Math.max(${LEAST}, all > 0 ? ${air.co2} / all * 1e6 : 0))`,
    `${cu} = ${places.call(uptake)}(c)`,
    `${te} = ${places.call(transpiration)}(c)`,
  ]
  return [
    ...(find === undefined ? [] : [`if (${known} !== now.step) ${places.once(find)}`]),
    `${places.attribute('cu_factor')} = ${places.agent.properties.carbon_fixation === 'c3' ? cu : 1}`,
    `${places.attribute('te_factor')} = ${te}`,
  ]
}

/** Where the light comes from: lamps that give it away, or a sun that shines on everybody alike. */
function lightOf(places: Places): { sun?: Cell; lamps: Cell[] } {
  const lamps: Cell[] = []
  for (const flow of places.agent.flows) {
    if (flow.direction !== 'in' || flow.currency !== 'par') continue
    for (const id of flow.connections) {
      const par = places.store(id, 'par')
      if (par === undefined) continue
      if (places.other(id).class === 'sun') return { sun: par, lamps: [] }
      lamps.push(par)
    }
  }
  return { lamps }
}

/** The air that a crop takes its CO2 from. */
function airOf(places: Places): { co2: Cell; all: readonly Cell[] } | undefined {
  const flow = places.agent.flows.find(({ direction, currency }) => direction === 'in' && currency === 'co2')
  const id = flow?.connections[0]
  const co2 = id === undefined ? undefined : places.store(id, 'co2')
  return id === undefined || co2 === undefined ? undefined : { co2, all: places.category(id, 'atmosphere') }
}

/** Where the biomass of dead plants goes. */
function remains(places: Places): Cell | undefined {
  const flow = places.agent.flows.find(
    ({ direction, currency }) => direction === 'out' && currency === 'inedible_biomass',
  )
  const id = flow?.connections[0]
  return id === undefined ? undefined : places.store(id, 'inedible_biomass')
}
