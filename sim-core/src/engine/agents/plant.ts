/** A crop: grows under light, answers to CO2, is harvested when it is grown, and begins again. */
import type { Agent, Flow } from '../model.ts'
import type { AgentClass, Places, Turn } from './agent-class.ts'
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

  turn(places, state, now): Turn {
    const { agent, model } = places
    const active = places.active(agent.id)
    const age = places.attribute('age')
    const daily = places.attribute('daily_growth_factor')
    const parFactor = places.attribute('par_factor')
    const rate = places.attribute('growth_rate')
    const cu = places.attribute('cu_factor')
    const te = places.attribute('te_factor')
    const grown = places.attribute('grown')
    const delay = places.attribute('delay')
    const biomass = places.store(agent.id, 'biomass')
    const lifetime = number(agent, 'lifetime', 0)
    const course = courseOf(photoperiodOf(agent))
    const baseline = number(agent, 'par_baseline', 0)
    const isC3 = agent.properties.carbon_fixation === 'c3'
    const growth = agent.flows.find(({ direction, currency }) => direction === 'out' && currency === 'biomass')
    const full = (growth?.value ?? 0) * lifetime
    const light = lightOf(places)
    const air = airOf(places)
    const gases = Int32Array.from(air?.all ?? [])
    const lamps = Int32Array.from(light.lamps)
    const [known, sharedCu, sharedTe] = [places.shared('co2_step', 0), places.shared('cu', 1), places.shared('te', 1)]
    const rest = remains(places)

    /** The answer to CO2 is found once a step, by the first crop that acts, and holds for all. */
    const answerToCo2 = () => {
      if (air === undefined || state[known] === now.step) return
      state[known] = now.step
      let all = 0
      for (let i = 0; i < gases.length; i++) all += state[gases[i] as number] as number
      const c = Math.min(MOST, Math.max(LEAST, all > 0 ? ((state[air.co2] as number) / all) * 1e6 : 0))
      state[sharedCu] = uptake(c)
      state[sharedTe] = transpiration(c)
    }

    const gainLight = () => {
      const ideal = baseline * (state[daily] as number)
      if (!(ideal > 0)) {
        state[parFactor] = 0
        return
      }
      if (light.sun !== undefined) {
        state[parFactor] = Math.min(1, (state[light.sun] as number) / ideal)
        return
      }
      const wanted = ideal * (state[active] as number)
      let missing = wanted
      let given = 0
      for (let i = 0; i < lamps.length && missing > 0; i++) {
        const lamp = lamps[i] as number
        const taken = Math.min(missing, state[lamp] as number)
        state[lamp] = (state[lamp] as number) - taken
        missing -= taken
        given += taken
      }
      state[parFactor] = wanted > 0 ? Math.min(1, given / wanted) : 0
    }

    return {
      before() {
        if ((state[delay] as number) > 0) return
        state[grown] = (state[age] as number) >= lifetime ? 1 : 0
        state[daily] = course[now.hour] as number
        gainLight()
        const n = state[active] as number
        state[rate] = n > 0 && biomass !== undefined && full > 0 ? (2 * ((state[biomass] as number) / n)) / full : 0
        answerToCo2()
        state[cu] = isC3 ? (state[sharedCu] as number) : 1
        state[te] = state[sharedTe] as number
      },

      when: [grown, delay],
      after() {
        const left = state[delay] as number
        if (left > 0) {
          state[delay] = Math.max(0, left - model.dt)
          if (state[delay] === 0) state[active] = agent.amount
          return
        }
        if (state[grown] === 0 || (state[active] as number) === 0) return
        if (biomass !== undefined) state[biomass] = 0
        state[age] = 0
        state[active] = agent.properties.reproduce === true ? agent.amount : 0
      },

      dying(share) {
        if (biomass === undefined) return
        const dead = (state[biomass] as number) * share
        state[biomass] = (state[biomass] as number) - dead
        if (rest !== undefined) state[rest] = (state[rest] as number) + dead
      },
    }
  },
} satisfies AgentClass

/** Where the light comes from: lamps that give it away, or a sun that shines on everybody alike. */
function lightOf(places: Places): { sun?: number; lamps: number[] } {
  const lamps: number[] = []
  for (const flow of places.agent.flows) {
    if (flow.direction !== 'in' || flow.currency !== 'par') continue
    for (const id of flow.connections) {
      const slot = places.store(id, 'par')
      if (slot === undefined) continue
      if (places.other(id).class === 'sun') return { sun: slot, lamps: [] }
      lamps.push(slot)
    }
  }
  return { lamps }
}

/** The air that a crop takes its CO2 from. */
function airOf(places: Places): { co2: number; all: readonly number[] } | undefined {
  const flow = places.agent.flows.find(({ direction, currency }) => direction === 'in' && currency === 'co2')
  const id = flow?.connections[0]
  const co2 = id === undefined ? undefined : places.store(id, 'co2')
  return id === undefined || co2 === undefined ? undefined : { co2, all: places.category(id, 'atmosphere') }
}

/** Where the biomass of dead plants goes. */
function remains(places: Places): number | undefined {
  const flow = places.agent.flows.find(
    ({ direction, currency }) => direction === 'out' && currency === 'inedible_biomass',
  )
  const id = flow?.connections[0]
  return id === undefined ? undefined : places.store(id, 'inedible_biomass')
}
