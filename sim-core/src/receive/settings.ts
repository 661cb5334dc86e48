/** What a receiver goes by, and what it does about it when its file changes: no more than what the change touches. */
import type { ReceiveChange, ReceiveConfig, WrittenReceive } from '@habtwin/runtime'

export interface SettingsParts {
  readonly began: ReceiveConfig
  /** Has habitats that a change touches closed and opened again. */
  readonly renew: (touched: (habitat: string) => boolean) => Promise<void>
}

export class Settings {
  readonly #parts: SettingsParts
  #config: ReceiveConfig
  #panel = new AbortController()

  constructor(parts: SettingsParts) {
    this.#parts = parts
    this.#config = parts.began
  }

  /** What is in force. */
  get config(): ReceiveConfig {
    return this.#config
  }

  /** Aborted when the panel is to begin anew. */
  get panel(): AbortSignal {
    return this.#panel.signal
  }

  /** What the gateway of a habitat calls the bridge that leads here. */
  consumerOf(habitat: string): string {
    return consumerOf(this.#config, habitat)
  }

  /** The port that was taken, where any would do, stays: nobody who looks has to look elsewhere. */
  opened(panel: string): void {
    const { http } = this.#config
    if (http.panel.port !== 0) return
    const port = Number(panel.slice(panel.lastIndexOf(':') + 1))
    this.#config = { ...this.#config, http: { ...http, panel: { ...http.panel, port } } }
  }

  /** Brings a changed configuration about; what needs a restart stays as it was. */
  async apply({ config }: WrittenReceive, changes: readonly ReceiveChange[]): Promise<void> {
    const { began, renew } = this.#parts
    const before = this.#config
    const { panel } = config.http
    const port = panel.port === 0 ? before.http.panel.port : panel.port
    this.#config = {
      ...config,
      ...{ broker: began.broker, tls: began.tls, access: began.access },
      http: { ...config.http, panel: { ...panel, port } },
    }
    const touches = (need: ReceiveChange['needs']) => changes.filter(({ needs }) => needs === need)
    const habitats = touches('habitats')
    if (habitats.length > 0) {
      const all = habitats.some(({ path: [section] }) => section !== 'receive')
      await renew((habitat) => all || consumerOf(before, habitat) !== this.consumerOf(habitat))
    }
    if (touches('panel').length === 0) return
    const old = this.#panel
    this.#panel = new AbortController()
    old.abort(new Error('the configuration was changed'))
  }
}

function consumerOf({ receive }: ReceiveConfig, habitat: string): string {
  return receive.consumers[habitat] ?? receive.consumer
}
