/** Names of agents: what a habitat's zones are called, as a scenario can write it. */

/** What a name may be long, with room for a number behind it. */
const LONGEST = 50

export class Names {
  readonly #taken: Set<string>

  /** @param taken names that are given already */
  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken)
  }

  /** Of a room: `crew-quarters` → `crew_quarters`; `crew`, as people are called, → `crew_room`. */
  room(zone: string): string {
    return this.of(this.#taken.has(plainOf(zone)) ? `${zone}_room` : zone)
  }

  /** A name that no other agent has: `fan`, `fan_2`. */
  of(wanted: string): string {
    const plain = plainOf(wanted)
    let name = plain
    for (let i = 2; this.#taken.has(name); i++) name = `${plain}_${i}`
    this.#taken.add(name)
    return name
  }
}

function plainOf(wanted: string): string {
  const letters = wanted.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')
  return (/^[a-z]/.test(letters) ? letters : `zone_${letters}`).slice(0, LONGEST)
}
