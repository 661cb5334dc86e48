/** A line of virtual instruments under a load of its own, and what its two processes say of themselves. */
import { type Addresses, freePorts, Line, type Part } from '../../test/support/line.ts'
import { until } from '../../test/support/until.ts'

export interface Load {
  readonly devices: number
  /** ms between readings of each. */
  readonly every: number
  /** More YAML, such as `influx: …`. */
  readonly also?: string
  readonly env?: NodeJS.ProcessEnv
}

/** A habitat of oxygen sensors: one value a reading. */
export function habitat({ devices, every, also = '' }: Load): string {
  const sensor = (i: number) =>
    `  o2-${i}: { zone: crew, driver: virtual, bus: virtual, instrument: o2, every: ${every} ms }`
  return `habitat: { id: bench }
${freePorts}zones: { crew: { volume: 272 m3 } }
buses: { virtual: { driver: virtual, remember: 0 h } }
devices:
${Array.from({ length: devices }, (_, i) => sensor(i)).join('\n')}
${also}
`
}

export class LoadedLine implements AsyncDisposable {
  readonly line: Line
  readonly addresses: Addresses

  private constructor(line: Line, addresses: Addresses) {
    this.line = line
    this.addresses = addresses
  }

  /** Starts one in a folder, and waits until both processes are ready and every device has been read. */
  static async start(folder: string, load: Load): Promise<LoadedLine> {
    const line = new Line(folder, habitat(load), load.env)
    try {
      const loaded = new LoadedLine(line, await line.ready)
      await until(
        async () => (await loaded.figures('gateway')).sum('habtwin_device_samples_total') >= load.devices,
        'a reading of each device',
      )
      return loaded
    } catch (error) {
      await line.stop()
      throw error
    }
  }

  /**
   * Starts the line of an earlier run again, nearly idle, until the recorder has all that lay in the gateway's
   * journal when that run was ended.
   */
  static async drain(folder: string, load: Load): Promise<LoadedLine> {
    const quiet = await LoadedLine.start(folder, { ...load, every: 3_600_000 })
    try {
      await until(async () => (await quiet.figures('gateway')).sum('habtwin_journal_bytes') === 0, 'an empty journal')
      return quiet
    } catch (error) {
      await quiet.line.stop()
      throw error
    }
  }

  /** The figures that a process shows to Prometheus. */
  async figures(part: Part): Promise<Figures> {
    const answer = await fetch(`http://${this.addresses[part === 'gateway' ? 'gateway' : 'panel']}/metrics`)
    if (!answer.ok) throw new Error(`${part} answers ${answer.status}`)
    return new Figures(await answer.text())
  }

  /** The process of a part. @throws where it has ended: a bench must not measure two of them as one */
  pid(part: Part): number {
    const pid = this.line.pid(part)
    if (pid === undefined) throw new Error(`${part} has ended:\n${this.line.log}`)
    return pid
  }

  /** Waits until the recorder has made durable all that the gateway has taken by now. @returns ms that it took */
  async settle(): Promise<number> {
    const begin = performance.now()
    const taken = (await this.figures('gateway')).sum('habtwin_device_samples_total')
    await until(async () => (await this.figures('sim')).sum('habtwin_readings_stored_total') >= taken, 'a commit')
    return performance.now() - begin
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.line.stop()
  }
}

/** Samples of the Prometheus text format, summed over their labels. */
export class Figures {
  readonly #sums = new Map<string, number>()

  constructor(text: string) {
    for (const [, name, value] of text.matchAll(/^(\w+)(?:\{[^}]*\})? (\S+)$/gm)) {
      this.#sums.set(name as string, (this.#sums.get(name as string) ?? 0) + Number(value))
    }
  }

  sum(name: string): number {
    return this.#sums.get(name) ?? 0
  }
}
