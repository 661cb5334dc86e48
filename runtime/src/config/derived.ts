/** Points that the gateway reckons: `derive: { dew-point: true, total: { expression: "power + outlet:power", unit: W } }`. */
import { id, isPoint, pointInfo, unitCode } from '@habtwin/contract'
import { convertible } from '@habtwin/contract/units'
import { z } from 'zod'
import type { Known } from './conditioning.ts'
import { compile, ExpressionError } from './expression.ts'
import type { Complain } from './figures.ts'

/** For `derive: { co2: pressure-corrected }`, and the point where what the sensor said goes. */
const CORRECTED = 'pressure-corrected'
export const UNCORRECTED = 'co2-uncorrected'

const expression = z.strictObject({
  expression: z.union([z.string(), z.number().transform(String)]),
  /** Of the result. */
  unit: z
    .string()
    .refine((text) => unitCode(text) !== undefined, 'is no unit that habtwin knows')
    .optional(),
  label: z.string().max(60).optional(),
})

export const derive = z.record(id, z.union([z.boolean(), z.literal(CORRECTED), expression]))
export type WrittenDerived = z.output<typeof derive>

/** One derived point. */
export type Derivation =
  /** A quantity of the vocabulary, by its own formula; `co2` is the measured one, corrected for pressure. */
  | { readonly kind: 'quantity'; readonly point: string }
  | {
      readonly kind: 'expression'
      readonly point: string
      readonly expression: string
      /** UCUM, of what the expression gives. */
      readonly unit: string
      readonly label?: string
    }

interface Quantity {
  /** Points that the device must measure. */
  readonly needs: readonly string[]
  /** For the description of the device. */
  readonly from: string
}

/** What can be reckoned by a formula of its own. */
export const quantities: Readonly<Record<string, Quantity>> = {
  'dew-point': { needs: ['temperature', 'humidity'], from: 'temperature and humidity' },
  'absolute-humidity': { needs: ['temperature', 'humidity'], from: 'temperature and humidity' },
  vpd: { needs: ['temperature', 'humidity'], from: 'temperature and humidity' },
  po2: { needs: ['o2'], from: 'o2 and pressure' },
  pco2: { needs: ['co2'], from: 'co2 and pressure' },
}

/** The points that come to be, as far as they are named. */
export function derivedPoints(written: WrittenDerived): Record<string, { unit: string }> {
  const names = Object.entries(written).flatMap(([point, how]) =>
    how === false ? [] : how === CORRECTED ? [UNCORRECTED] : [point],
  )
  return Object.fromEntries(names.map((name) => [name, { unit: pointInfo(name).unit }]))
}

/** In the order in which they are reckoned: the correction first, then as written. */
export function resolveDerived(written: WrittenDerived, known: Known, complain: Complain): Derivation[] {
  const derivations: Derivation[] = []
  const there = known.own && new Set(Object.keys(known.own))
  for (const [point, how] of Object.entries(written)) {
    if (how === false) continue
    const told = (message: string, below: readonly string[] = []) =>
      complain(['derive', point, ...below], 'config/invalid', message)
    if (how === CORRECTED) {
      if (point !== 'co2') told(`only co2 can be ${CORRECTED}`)
      else if (there && !there.has('co2')) told('it does not measure co2')
      else derivations.unshift({ kind: 'quantity', point })
      there?.add(UNCORRECTED)
      continue
    }
    if (there?.has(point)) {
      told(`it measures ${point} itself; give what is reckoned another name`)
      continue
    }
    if (how === true) {
      const missing = quantityFault(point, there)
      if (missing === undefined) derivations.push({ kind: 'quantity', point })
      else told(missing)
    } else {
      const unit = unitCode(how.unit ?? pointInfo(point).unit) as string
      const own = pointInfo(point).unit
      const understood = understand(how.expression, point, there, known, (code, message) =>
        complain(['derive', point, 'expression'], code, message),
      )
      if (isPoint(point) && !convertible(unit, own))
        complain(
          ['derive', point, 'unit'],
          'config/unit',
          `${point} is in ${own}, which ${how.unit} does not convert to`,
        )
      else if (understood) {
        const label = how.label === undefined ? {} : { label: how.label }
        derivations.push({ kind: 'expression', point, expression: how.expression, unit, ...label })
      }
    }
    there?.add(point)
  }
  return derivations
}

function quantityFault(point: string, there: ReadonlySet<string> | undefined): string | undefined {
  const quantity = Object.hasOwn(quantities, point) ? quantities[point] : undefined
  if (quantity === undefined) {
    const all = Object.keys(quantities).join(', ')
    return `nobody knows how to reckon ${point}; these are known: ${all}. Or give an \`expression:\``
  }
  const missing = quantity.needs.filter((need) => there && !there.has(need))
  return missing.length === 0
    ? undefined
    : `it is made of ${quantity.from}, and the device has no ${missing.join(', no ')}`
}

/** True where the expression can be compiled and all that it names is there. */
function understand(
  text: string,
  point: string,
  there: ReadonlySet<string> | undefined,
  known: Known,
  complain: (code: 'config/invalid' | 'config/unknown-reference', message: string) => void,
): boolean {
  let names: readonly string[]
  try {
    names = compile(text).names
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    complain('config/invalid', `"${text}" cannot be reckoned: ${error.message} (character ${error.at + 1})`)
    return false
  }
  let good = true
  const missing = (message: string) => {
    complain('config/unknown-reference', message)
    good = false
  }
  for (const name of names) {
    const [device, other] = name.split(':') as [string, string?]
    if (other === undefined) {
      if (there === undefined || there.has(name)) continue
      const hint = name.includes('-') ? ' (a difference needs spaces around its minus)' : ''
      const order = name === point ? ' before itself' : ''
      missing(`the device has no ${name}${order}${hint}; it has ${[...there].join(', ')}`)
      continue
    }
    const points = known.others(device)
    if (points === null) missing(`there is no device "${device}" that is used`)
    else if (points !== undefined && !Object.hasOwn(points, other))
      missing(`${device} has no ${other}; it has ${Object.keys(points).join(', ')}`)
  }
  return good
}
