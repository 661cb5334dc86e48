/** What a scenario reckons with: the currencies of the library and its own. */
import type { Agent, Currency } from '../../engine/model.ts'
import { type CurrencyData, currencies as ownCurrencies } from '../library/currencies.ts'
import type { Faults } from './faults.ts'
import type { ScenarioForm } from './form.ts'
import { atoms, type Matter, mixture, substance } from './matter.ts'
import { atLeastZero, FigureFault, part } from './quantity.ts'

/** The currencies of the library, and those of the scenario's own. */
export function currenciesOf(form: ScenarioForm, faults: Faults): Map<string, CurrencyData> {
  const all = new Map<string, CurrencyData>(Object.entries(ownCurrencies))
  for (const [id, { label = id, category, unit, formula, energy }] of Object.entries(form.currencies ?? {})) {
    const path = `currencies.${id}`
    if (all.has(id)) faults.add(path, 'is a currency of the library already; give it another name')
    const matter = faults.try(`${path}.formula`, { elements: {}, energy: 0 }, () => matterOf(id, unit, formula))
    const heat = energy === undefined ? matter.energy : faults.try(`${path}.energy`, 0, () => energyOf(energy, unit))
    all.set(id, { label, category, unit, matter: { ...matter, energy: heat } })
  }
  return all
}

/** @throws FigureFault */
function matterOf(id: string, unit: string, formula: string | Record<string, string> | undefined): Matter {
  if (unit === 'kWh') return { elements: {}, energy: 1 }
  if (unit === 'mol') return { elements: {}, energy: 0 }
  if (formula === undefined) return { elements: { [`${id} itself`]: 1 }, energy: 0 }
  const unknown = (typeof formula === 'string' ? [formula] : Object.keys(formula)).find(
    (one) => atoms(one) === undefined,
  )
  if (unknown !== undefined) throw new FigureFault(`"${unknown}" is no formula of C, H, N and O`)
  if (typeof formula === 'string') return substance(formula)
  const shares = Object.entries(formula).map(([one, share]) => [one, part(share)] as const)
  const sum = shares.reduce((all, [, share]) => all + share, 0)
  if (!(Math.abs(sum - 1) < 1e-6))
    throw new FigureFault(`the parts are ${(sum * 100).toPrecision(4)} % together; they must be 100 %`)
  return mixture(Object.fromEntries(shares.map(([one, share]) => [one, share / sum])))
}

/** kWh in each unit. @throws FigureFault */
function energyOf(text: string, unit: string): number {
  const [figure = '', per = ''] = text.split('/')
  if (per.trim() !== unit) throw new FigureFault(`"${text}" must be given for each ${unit}: \`4.9 kWh/${unit}\``)
  return atLeastZero(figure, 'kWh')
}

/** Only what the agents have to do with: the library knows more. */
export function usedCurrencies(all: ReadonlyMap<string, CurrencyData>, agents: readonly Agent[]): Currency[] {
  const used = new Set(agents.flatMap(({ capacity }) => Object.keys(capacity)))
  return [...all].flatMap(([id, { label, category, unit, matter }]) =>
    used.has(id)
      ? [
          {
            id,
            label,
            category,
            unit,
            energy: matter.energy,
            elements: matter.elements,
            ...(matter.molar === undefined ? {} : { molar: matter.molar }),
          },
        ]
      : [],
  )
}
