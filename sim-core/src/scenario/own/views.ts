/** What switches, responses and perils look at: from `{of: co2, in: air, above: 1200 ppm}` to figures of the engine. */
import { convert, convertible } from '@habtwin/contract/units'
import type { Keep, Response, Switch, View } from '../../engine/closed/process.ts'
import type { Flow } from '../../engine/model.ts'
import { kmoles, vapour } from './air.ts'
import type { Faults } from './faults.ts'
import type { KeepForm, ResponseForm, SwitchForm } from './form.ts'
import type { Places } from './places.ts'
import { amount, atLeastZero, FigureFault, quantityOf } from './quantity.ts'

/** A view, and how a figure is read for it. */
interface Look {
  readonly view: View
  read(text: string): number
}

export class Views {
  readonly #places: Places
  readonly #faults: Faults

  constructor(places: Places, faults: Faults) {
    this.#places = places
    this.#faults = faults
  }

  switch(form: SwitchForm, agent: string, path: string): Switch | undefined {
    const { above, below, until } = form
    const written = above ?? below
    if (written === undefined || (above !== undefined && below !== undefined)) {
      this.#faults.add(path, 'must have one of `above` and `below`')
      return undefined
    }
    const look = this.#look(form, written, agent, path)
    if (look === undefined) return undefined
    const when = above === undefined ? 'below' : 'above'
    const limit = this.#faults.try(`${path}.${when}`, 0, () => look.read(written))
    const off = until === undefined ? limit : this.#faults.try(`${path}.until`, limit, () => look.read(until))
    if (when === 'above' ? off > limit : off < limit) {
      this.#faults.add(
        `${path}.until`,
        `must be ${when === 'above' ? 'below' : 'above'} the figure at which it goes on`,
      )
    }
    return { view: look.view, when, limit, until: off }
  }

  response(form: ResponseForm, agent: string, path: string): Response | undefined {
    const look = this.#look(form, form.full, agent, path)
    if (look === undefined) return undefined
    const full = this.#faults.try(`${path}.full`, 1, () => look.read(form.full))
    const half = form.half === undefined ? 0 : this.#faults.try(`${path}.half`, 0, () => look.read(form.half as string))
    if (!(full > 0) || half < 0) this.#faults.add(path, 'its figures must be above zero')
    return { view: look.view, kind: form.half === undefined ? 'proportional' : 'saturating', half, full }
  }

  /** @param flows of the process: one of them is what it works with */
  keep(form: KeepForm, flows: readonly Flow[], agent: string, path: string): Keep | undefined {
    const look = this.#look(form, form.at, agent, path)
    if (look === undefined) return undefined
    const at = this.#faults.try(`${path}.at`, 0, () => look.read(form.at))
    if (look.view.as === 'fraction' && !(at < 1)) this.#faults.add(`${path}.at`, 'must be below 100 %')
    const isGas = (id: string) => this.#places.currencies.get(id)?.category === 'atmosphere'
    const flow = flows.find(
      ({ currency, connections }) =>
        connections.includes(look.view.agent) &&
        (look.view.as === 'moles' ? isGas(currency) : currency === look.view.currency),
    )
    if (flow !== undefined) return { view: look.view, at, direction: flow.direction, currency: flow.currency }
    if (flows.length > 0)
      this.#faults.add(path, `the process neither takes ${form.of} from ${look.view.agent} nor gives it there`)
    return undefined
  }

  /** @param written a figure of it: its unit says what is looked at */
  #look({ of, in: port }: { of: string; in: string }, written: string, owner: string, path: string): Look | undefined {
    const agent = this.#places.one(port, owner, `${path}.in`)
    if (agent === undefined) return undefined
    if (of === 'humidity' || of === 'pressure') return this.#climate(of, agent, path)
    if (!this.#places.isCurrency(of, `${path}.of`)) return undefined
    if (!this.#places.holds(agent, of)) {
      this.#faults.add(`${path}.of`, `${agent} cannot hold ${of}`)
      return undefined
    }
    const currency = this.#places.currencies.get(of)
    if (isFraction(written)) {
      const isGas = currency?.category === 'atmosphere' && this.#places.all.get(agent)?.volume !== undefined
      return { view: { as: isGas ? 'fraction' : 'level', agent, currency: of }, read: (text) => amount(text, '1') }
    }
    return { view: { as: 'amount', agent, currency: of }, read: (text) => amount(text, currency?.unit ?? 'kg') }
  }

  #climate(of: 'humidity' | 'pressure', agent: string, path: string): Look | undefined {
    const { volume, temperature = 20 } = this.#places.all.get(agent) ?? {}
    if (volume === undefined) {
      this.#faults.add(`${path}.in`, `${agent} is no room: it has no air`)
      return undefined
    }
    if (of === 'pressure') {
      return {
        view: { as: 'moles', agent, currency: '' },
        read: (text) => kmoles(amount(text, 'Pa'), { volume, temperature }),
      }
    }
    const molar = this.#places.currencies.get('h2o')?.matter.molar ?? 18.015
    return {
      view: { as: 'amount', agent, currency: 'h2o' },
      read: (text) => vapour(amount(text, '1'), { volume, temperature }, molar),
    }
  }
}

function isFraction(text: string): boolean {
  try {
    return convertible(quantityOf(text).unit, '%')
  } catch (error) {
    if (error instanceof FigureFault) return false
    throw error
  }
}

/** A part of something by the hour: `1 %/d`. @throws FigureFault */
export function shareByHour(text: string): number {
  const [part = '', time = ''] = text.split('/').map((piece) => piece.trim())
  if (!convertible(time, 'h')) throw new FigureFault(`"${text}" is no part by time; write for example \`1 %/d\``)
  return atLeastZero(part, '1') / convert(1, time, 'h')
}
