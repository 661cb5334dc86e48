/** What prints its readings as text, in software: in the format that its configuration expects. */
import { convert, isPoint, pointInfo, unitCode } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import type { Air } from '../../drivers/driver.ts'
import { nmeaChecksum } from '../../drivers/serial/text.ts'
import type { TextOptions, TextPoint } from '../../drivers/serial-text.ts'
import type { SerialPeer } from '../line.ts'

/** ms between lines. */
const SAYS = 1_000

export class TextPeer implements SerialPeer {
  #options: TextOptions
  #air: Air
  #heard = ''

  constructor(options: TextOptions, air: Air) {
    this.#options = options
    this.#air = air
  }

  receive(bytes: Uint8Array, send: (bytes: Uint8Array) => void): void {
    const { ask } = this.#options
    if (ask === undefined) return
    this.#heard = (this.#heard + Buffer.from(bytes).toString()).slice(-ask.length)
    if (this.#heard !== ask) return
    this.#heard = ''
    send(Buffer.from(`${this.line()}\r\n`))
  }

  speak(send: (bytes: Uint8Array) => void, clock: Clock): Disposable {
    if (this.#options.ask !== undefined) return { [Symbol.dispose]() {} }
    const say = () => {
      send(Buffer.from(`${this.line()}\r\n`))
      timer = clock.after(SAYS, say)
    }
    let timer = clock.after(SAYS, say)
    return { [Symbol.dispose]: () => timer.cancel() }
  }

  /** What it would say now, without the end of the line. */
  line(): string {
    const { points, checksum } = this.#options
    const figures = Object.fromEntries(
      Object.entries(points).map(([name, point]) => [point.from ?? name, figureOf(name, point, this.#air(name))]),
    )
    const text = this.#write(figures)
    return checksum === 'nmea' ? `$${text}*${nmeaChecksum(text)}` : text
  }

  #write(figures: Record<string, number>): string {
    const { format, columns = [], separator, decimal, pattern = '' } = this.#options
    const said = (figure: number) => (decimal === ',' ? `${figure}`.replace('.', ',') : `${figure}`)
    switch (format) {
      case 'pairs':
        return Object.entries(figures)
          .map(([key, figure]) => `${key}=${said(figure)}`)
          .join(' ')
      case 'csv':
        return columns.map((key) => said(figures[key] ?? 0)).join(separator)
      case 'json':
        return JSON.stringify(figures)
      case 'regex':
        return fill(pattern, (key) => said(figures[key] ?? 0))
    }
  }
}

/** A line that a plain pattern finds: its groups filled in, blanks for `\s`, and what stands for itself as it is. */
function fill(pattern: string, said: (key: string) => string): string {
  return pattern
    .replaceAll(/\(\?<(\w+)>(?:[^()\\]|\\.|\([^()]*\))*\)/g, (_, key: string) => said(key))
    .replaceAll(/\\s[*+]?/g, ' ')
    .replaceAll(/^\^|\$$/g, '')
    .replaceAll(/\\(.)/g, '$1')
}

/** The figure on the line of a value in the point's unit: what the driver does to it, backwards. */
function figureOf(name: string, { scale, offset, unit }: TextPoint, value: number): number {
  const code = unit === undefined ? undefined : unitCode(unit)
  const own = code === undefined || !isPoint(name) ? value : convert(value, pointInfo(name).unit, code)
  return Number(((own - offset) / scale).toFixed(2))
}
