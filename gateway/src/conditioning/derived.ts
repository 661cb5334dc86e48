/**
 * One job: points that are not measured but reckoned from what was. A derived value is no better than the worst of what
 * went in: without one of its inputs it is null and names it (`bad:no-outlet-power`, `bad:stale-outlet-power`), with an
 * uncertain one it is uncertain for the same reason.
 */
import { convert, convertDifference, isPoint, pointInfo } from '@habtwin/contract'
import type { Derivation } from '@habtwin/runtime/config/conditioning'
import { UNCORRECTED } from '@habtwin/runtime/config/derived'
import { compile } from '@habtwin/runtime/config/expression'
import type { Sample } from '../drivers/driver.ts'
import type { Cell } from './cell.ts'
import { absoluteHumidity, dewPoint, vapourPressureDeficit } from './humid-air.ts'
import { type Input, type Moment, Other } from './inputs.ts'
import { partialPressure, pressureCorrected } from './pressure.ts'
import { mark } from './quality.ts'

/** What the formulas need; `pressure` is Pressure of inputs.ts. */
export interface Sources {
  input(name: string): Input
  readonly pressure: Input
}

type Formula = (inputs: Float64Array) => number

const formulas: Readonly<Record<string, { needs: readonly string[]; of: (a: number, b: number) => number }>> = {
  'dew-point': { needs: ['temperature', 'humidity'], of: dewPoint },
  'absolute-humidity': { needs: ['temperature', 'humidity'], of: absoluteHumidity },
  vpd: { needs: ['temperature', 'humidity'], of: vapourPressureDeficit },
  // per cent to ppm
  po2: { needs: ['o2', 'pressure'], of: (o2, pressure) => partialPressure(o2 * 10_000, pressure) },
  pco2: { needs: ['co2', 'pressure'], of: partialPressure },
  co2: { needs: ['co2', 'pressure'], of: pressureCorrected },
}

export class Derived {
  readonly point: string
  readonly #inputs: readonly Input[]
  readonly #values: Float64Array
  readonly #formula: Formula
  readonly #range: readonly [number, number]
  /** Where the measured value itself is replaced, it goes on under another name. */
  readonly #kept: string | undefined
  readonly #needsOthers: boolean

  constructor(derivation: Derivation, sources: Sources) {
    const { point } = derivation
    this.point = point
    const { names, formula } = derivation.kind === 'expression' ? reckoned(derivation) : known(point)
    this.#inputs = names.map((name) =>
      name === 'pressure' && derivation.kind === 'quantity' ? sources.pressure : sources.input(name),
    )
    this.#needsOthers = this.#inputs.some((input) => input instanceof Other)
    this.#values = new Float64Array(names.length)
    this.#formula = formula
    this.#range = pointInfo(point).range
    this.#kept = derivation.kind === 'quantity' && point === 'co2' ? UNCORRECTED : undefined
  }

  /** True where what was measured goes on under another name. */
  get keeps(): boolean {
    return this.#kept !== undefined
  }

  /** Adds the point to the sample, and gives its cell what was found. */
  add(moment: Moment, cell: Cell, kept: Cell | undefined): void {
    const { sample, late, now } = moment
    // what others said then is not known any more
    if (late && this.#needsOthers) return
    if (this.#kept !== undefined && !this.#keep(sample, this.#kept, kept, late, now)) return
    let doubt: string | undefined
    for (let i = 0; i < this.#inputs.length; i++) {
      const input = this.#inputs[i] as Input
      const value = input.value(moment)
      this.#values[i] = value
      if (input.why === undefined) continue
      if (Number.isNaN(value)) {
        this.#say(sample, null, input.why, cell, late, now)
        return
      }
      doubt ??= input.why
    }
    const value = this.#formula(this.#values)
    if (!Number.isFinite(value)) this.#say(sample, null, 'bad:not-a-number', cell, late, now)
    else if (value < this.#range[0] || value > this.#range[1]) this.#say(sample, null, 'bad:range', cell, late, now)
    else this.#say(sample, value, doubt, cell, late, now)
  }

  /** What was measured goes on under another name. False where this reading has none of it. */
  #keep({ values, quality }: Sample, name: string, cell: Cell | undefined, late: boolean, now: number): boolean {
    const value = values[this.point]
    if (value === undefined) return false
    const doubt = quality?.[this.point]
    values[name] = value
    if (doubt !== undefined && quality !== undefined) quality[name] = doubt
    if (!late) cell?.set(value, doubt, now)
    return value !== null
  }

  #say(
    sample: Sample,
    value: number | null,
    quality: string | undefined,
    cell: Cell,
    late: boolean,
    now: number,
  ): void {
    sample.values[this.point] = value
    if (quality !== undefined) mark(sample, this.point, quality)
    if (!late) cell.set(value, quality, now)
  }
}

function known(point: string): { names: readonly string[]; formula: Formula } {
  const { needs, of } = formulas[point] as (typeof formulas)[string]
  return { names: needs, formula: (inputs) => of(inputs[0] as number, inputs[1] as number) }
}

function reckoned({ point, expression, unit }: Extract<Derivation, { kind: 'expression' }>) {
  const { names, evaluate } = compile(expression)
  const own = isPoint(point) ? pointInfo(point).unit : unit
  if (own === unit) return { names, formula: evaluate }
  const factor = convertDifference(1, unit, own)
  const offset = convert(0, unit, own)
  return { names, formula: (inputs: Float64Array) => evaluate(inputs) * factor + offset }
}
