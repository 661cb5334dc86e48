/** For whoever watches the process: alive, ready, and its figures. */
import { HabtwinError } from '@habtwin/contract'
import type { Counter, Gauge, Registry } from 'prom-client'
import { z } from 'zod'
import type { App } from '../app.ts'

/** A figure of ours. Names begin with `habtwin_`; a counter's ends in `_total`. */
export interface Figure {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  readonly value: number
  readonly labels?: Readonly<Record<string, string>>
}

export interface Health {
  /** What is missing for the line to work, in words; empty where nothing is. */
  missing(): readonly string[]
  collect(): Iterable<Figure>
}

const text = (description: string) => ({ description, content: { 'text/plain': { schema: z.string() } } })

export function healthRoutes(app: App, health: Health): void {
  const exposition = lazily(() => Exposition.create())
  app.get(
    '/healthz',
    { schema: { tags: ['process'], summary: 'Alive', response: { 200: text('`ok`') } } },
    async (_, reply) => reply.type('text/plain').send('ok\n'),
  )
  app.get(
    '/readyz',
    {
      schema: {
        tags: ['process'],
        summary: 'Ready: the line works from end to end',
        response: { 200: text('`ready`') },
      },
    },
    async (_, reply) => {
      const missing = health.missing()
      if (missing.length > 0) throw new HabtwinError('link/unavailable', `Not ready: ${missing.join('; ')}`)
      return reply.type('text/plain').send('ready\n')
    },
  )
  app.get(
    '/metrics',
    { schema: { tags: ['process'], summary: 'Figures for Prometheus', response: { 200: text('Exposition format') } } },
    async (_, reply) => {
      const { type, body } = await (await exposition()).write(health.collect())
      return reply.type(type).send(body)
    },
  )
}

/** The figures in Prometheus's format. prom-client is loaded when somebody first asks. */
class Exposition {
  readonly #prom: typeof import('prom-client')
  readonly #registry: Registry
  readonly #metrics = new Map<string, Counter | Gauge>()

  constructor(prom: typeof import('prom-client'), registry: Registry) {
    this.#prom = prom
    this.#registry = registry
  }

  static async create(): Promise<Exposition> {
    const prom = await import('prom-client')
    const registry = new prom.Registry()
    prom.collectDefaultMetrics({ register: registry })
    return new Exposition(prom, registry)
  }

  async write(figures: Iterable<Figure>): Promise<{ type: string; body: string }> {
    for (const metric of this.#metrics.values()) metric.reset()
    for (const { name, help, type, value, labels = {} } of figures) {
      let metric = this.#metrics.get(name)
      if (metric === undefined) {
        const options = { name, help, labelNames: Object.keys(labels), registers: [this.#registry] }
        metric = type === 'counter' ? new this.#prom.Counter(options) : new this.#prom.Gauge(options)
        this.#metrics.set(name, metric)
      }
      metric.inc(labels, value)
    }
    return { type: this.#registry.contentType, body: await this.#registry.metrics() }
  }
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}
