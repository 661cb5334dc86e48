/** What the twin has found out, as a scenario writes it: figures with their units. */
import type { HabitatPlan, ZonePlan } from '../../twin/ensemble/plan.ts'
import type { Figures } from '../../twin/figures.ts'
import { kmoles, saturation } from '../own/air.ts'
import type { AgentForm } from '../own/form.ts'

/** g/mol */
const CO2 = 44.009
/** Of what a zone is like that nobody measures; it is what the library's room has. */
const USUAL = { temperature: 21, humidity: 50 }
/** m³ of a zone whose volume nobody told: what the twin supposes as well. */
const ROOM = 60

/** A figure as text that reads as a number whatever its size. */
export function text(value: number, unit: string): string {
  return `${Number(value.toPrecision(8))} ${unit}`
}

/** Mean of a parameter; undefined where the twin has none of that name. */
export function parameter({ parameters }: Figures, id: string): number | undefined {
  const mean = parameters.find((one) => one.id === id)?.mean
  return Number.isFinite(mean) ? mean : undefined
}

export function volumeOf({ volume = ROOM }: ZonePlan): number {
  return volume
}

/** °C */
export function temperatureOf({ id }: ZonePlan, { zones }: Figures): number {
  return zones[id]?.temperature ?? USUAL.temperature
}

/** hPa: of the zone, or of another that has an instrument for it, or of the site. */
export function pressureOf({ id }: ZonePlan, { zones }: Figures, plan: HabitatPlan): number {
  return zones[id]?.pressure ?? Object.values(zones).find(({ pressure }) => pressure)?.pressure ?? plan.pressure
}

/** % */
export function humidityOf({ id }: ZonePlan, { zones }: Figures): number {
  return within(zones[id]?.humidity ?? USUAL.humidity, 0, 100)
}

/** The air of a room. What is not known stays as the library has it. */
export function airOf(zone: ZonePlan, figures: Figures, plan: HabitatPlan): NonNullable<AgentForm['air']> {
  const { co2, o2 } = figures.zones[zone.id] ?? {}
  const [temperature, pressure] = [temperatureOf(zone, figures), pressureOf(zone, figures, plan)]
  const humidity = humidityOf(zone, figures)
  // an instrument reads CO2 of all air, a scenario is told that of dry air; O2 is of dry air in both
  const dry = 1 - ((humidity / 100) * saturation(temperature)) / (pressure * 100)
  return {
    volume: text(volumeOf(zone), 'm3'),
    pressure: text(pressure, 'hPa'),
    temperature: text(temperature, 'Cel'),
    humidity: text(humidity, '%'),
    ...(co2 === undefined ? {} : { co2: text(within(co2 / dry, 0, 1e5), 'ppm') }),
    ...(o2 === undefined ? {} : { o2: text(within(o2, 0, 90), '%') }),
  }
}

/**
 * What a scrubber takes at 1,000 ppm: efficiency × flow × concentration, kg/d.
 * @param clears m³/h of air that is rid of its CO2
 */
export function scrubbed(clears: number, zone: ZonePlan, figures: Figures, plan: HabitatPlan): number {
  const air = { volume: clears * 24, temperature: temperatureOf(zone, figures) }
  return kmoles(pressureOf(zone, figures, plan) * 100, air) * 1_000e-6 * CO2
}

/** People by the CO2 of a day, whole ones, and where they live: at least as many as the configuration says. */
export function peopleOf({ zones }: HabitatPlan, figures: Figures): { home: number; people: number[]; found: number } {
  const told = zones.map(({ crew = 0 }) => crew)
  const found = parameter(figures, 'crew-load') ?? 0
  const home = homeOf(zones, told)
  const people = [...told]
  const more = Math.round(found) - told.reduce((sum, one) => sum + one, 0)
  if (more > 0 && home in people) people[home] = (people[home] as number) + more
  return { home, people, found }
}

/** The zone where most people live: told, or the one with a scrubber, or the first without plants. */
function homeOf(zones: readonly ZonePlan[], told: readonly number[]): number {
  const most = Math.max(0, ...told)
  if (most > 0) return told.indexOf(most)
  const scrubbed = zones.findIndex(({ scrubber }) => scrubber !== undefined)
  if (scrubbed !== -1) return scrubbed
  return Math.max(0, zones.findIndex(({ plants }) => plants === undefined)) // biome-ignore format: short
}

function within(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}
