/** The agent and currency libraries that SIMOC configurations refer to: two JSON files in one folder. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HabtwinError, messageOf } from '@habtwin/contract/errors'
import type { Currency } from '../../engine/model.ts'
import { isName, isTooDeep, told } from './reader.ts'

/** A JSON object. */
export type Json = { readonly [key: string]: unknown }

export interface Library {
  /** Agents by id, as they are written. */
  readonly agents: Readonly<Record<string, Json>>
  /** Currencies in their order, categories together. */
  readonly currencies: readonly Currency[]
}

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const MOST_CURRENCIES = 1_000

/**
 * Reads `agent_desc.json` and `currency_desc.json`.
 * @throws HabtwinError scenario/library where one of them cannot be read
 */
export function readLibrary(folder: string): Library {
  return libraryOf(readObject(join(folder, 'agent_desc.json')), readObject(join(folder, 'currency_desc.json')))
}

/**
 * A library of what the two files hold.
 * @throws HabtwinError scenario/library for currencies that cannot be told apart
 */
export function libraryOf(agents: Json, categories: Json): Library {
  if (isTooDeep(agents)) throw damaged('agent_desc', 'is nested deeper than any library')
  const described = Object.entries(agents).filter((entry): entry is [string, Json] => isObject(entry[1]))
  return { agents: Object.fromEntries(described), currencies: currenciesOf(categories) }
}

/** Currencies of a currency library: category → id → description. */
function currenciesOf(categories: Json): Currency[] {
  const currencies = Object.entries(categories).flatMap(([category, entries]) =>
    Object.entries(isObject(entries) ? entries : {}).map(([id, entry]) => {
      const { unit, label } = isObject(entry) ? entry : {}
      return { id, category, unit: text(unit, 'kg'), label: text(label, id) }
    }),
  )
  if (currencies.length > MOST_CURRENCIES) throw damaged('currency_desc', `more than ${MOST_CURRENCIES} currencies`)
  const ids = new Set<string>()
  for (const { id, category } of currencies) {
    if (!isName(id)) throw damaged('currency_desc', `${told(id)} is no name`)
    if (ids.has(id)) throw damaged('currency_desc', `${id} is there twice; the second time in ${told(category)}`)
    ids.add(id)
  }
  return currencies
}

function damaged(where: string, what: string): HabtwinError {
  return new HabtwinError('scenario/library', `${where}: ${what}`, { where })
}

const text = (value: unknown, otherwise: string) => (typeof value === 'string' ? value : otherwise)

function readObject(path: string): Json {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new HabtwinError('scenario/library', `${path} cannot be read: ${messageOf(cause)}`, { where: path, cause })
  }
  if (!isObject(value)) throw new HabtwinError('scenario/library', `${path} is no JSON object`, { where: path })
  return value
}
