/** Figures in text, as data: where each lies, and what it is in. For files, commands, and whatever else speaks text. */
import { convert, convertible, type DevicePoint, HabtwinError, isPoint, pointInfo, unitCode } from '@habtwin/contract'
import { z } from 'zod'

/** One figure of a text. */
export const figure = z.strictObject({
  /** A regular expression; the figure is its first group, or all of it. */
  match: z.string().optional(),
  /** The name before `=` or `:`, or the path into JSON (`sensors.0.value`). The name of the point where left out. */
  key: z.string().optional(),
  /** value = figure × scale + offset */
  scale: z.number().default(1),
  offset: z.number().default(0),
  /** What the value is then in; converted where the point of the vocabulary has another unit. */
  unit: z.string().optional(),
  label: z.string().optional(),
  range: z.tuple([z.number(), z.number()]).optional(),
})

export type Figure = z.output<typeof figure>

/** Point → figure. */
export type Figures = Readonly<Record<string, Figure>>

/** The points of a device. Throws config/unit, or config/invalid for an expression that cannot be read. */
export function declareFigures(figures: Figures): Record<string, DevicePoint> {
  return Object.fromEntries(
    Object.entries(figures).map(([point, { match, unit, label, range }]) => {
      const info = pointInfo(point)
      const code = unit === undefined ? undefined : unitCode(unit)
      if (unit !== undefined && (code === undefined || (isPoint(point) && !convertible(code, info.unit)))) {
        const message = `${unit} does not convert to ${info.unit}, the unit of ${point}`
        throw new HabtwinError('config/unit', message, { where: `points.${point}.unit` })
      }
      if (match !== undefined) expression(point, match)
      const bounds = range ?? (isPoint(point) ? ([...info.range] as [number, number]) : undefined)
      const declared = { unit: isPoint(point) ? info.unit : (code ?? '1'), label: label ?? info.label }
      return [point, bounds === undefined ? declared : { ...declared, range: bounds }]
    }),
  )
}

/** The values in a text; null for what is not in it. Throws device/garbled where none of them is. */
export function valuesIn(text: string, figures: Figures, where: string): Record<string, number | null> {
  const entries = Object.entries(figures)
  const document = jsonOf(text)
  const values: Record<string, number | null> = {}
  for (const [point, figure] of entries) {
    const found = raw(text, document, point, figure, entries.length === 1)
    values[point] = found === undefined ? null : scaled(point, figure, found)
  }
  if (Object.values(values).every((value) => value === null)) {
    const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
    throw new HabtwinError('device/garbled', `${shown} has no figure that is asked for`, { where })
  }
  return values
}

/** One value of a document that was read already: undefined where it is not in it, null where it is no figure. */
export function valueAt(document: unknown, point: string, figure: Figure): number | null | undefined {
  const found = at(document, figure.key ?? point)
  if (found === undefined) return undefined
  const number = numberOf(found)
  return number === undefined ? null : scaled(point, figure, number)
}

function scaled(point: string, { scale, offset, unit }: Figure, found: number): number {
  // 851 × 0.1 is 85.10000000000001 in binary
  const value = scale === 1 && offset === 0 ? found : Number((found * scale + offset).toPrecision(12))
  return unit === undefined || !isPoint(point) ? value : convert(value, unit, pointInfo(point).unit)
}

/** @param alone true where the whole text may be the figure */
function raw(
  text: string,
  document: unknown,
  point: string,
  { match, key }: Figure,
  alone: boolean,
): number | undefined {
  if (match !== undefined) {
    const found = expression(point, match).exec(text)
    return found === null ? undefined : numberOf(found[1] ?? found[0])
  }
  if (alone && key === undefined) {
    const whole = numberOf(text.trim())
    if (whole !== undefined) return whole
  }
  const name = key ?? point
  if (document !== undefined) return numberOf(at(document, name))
  // a name, = or :, and a figure that ends where a word does
  const pair = new RegExp(`(?:^|[\\s,;{&])"?${escaped(name)}"?\\s*[=:]\\s*"?([^\\s,;}"&]+)`, 'm').exec(text)
  return pair === null ? undefined : numberOf(pair[1])
}

function expression(point: string, match: string): RegExp {
  try {
    return new RegExp(match, 'm')
  } catch (cause) {
    const message = `${match} is no regular expression`
    throw new HabtwinError('config/invalid', message, { where: `points.${point}.match`, cause })
  }
}

/** A decimal figure and nothing else: not empty, not `0x1f`, not `Infinity`. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string' || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

function jsonOf(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined // then it is some other text with a bracket
  }
}

function at(document: unknown, path: string): unknown {
  if (own(document, path) !== undefined) return own(document, path)
  let value = document
  for (const part of path.split('.')) value = own(value, part)
  return value
}

function own(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return (value as Record<string, unknown>)[key]
}

function escaped(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
