/**
 * `habtwin sim`. Where its part of the configuration changes it begins anew within the same process: the twin goes on
 * from its snapshot, and the gateway keeps what comes meanwhile.
 */
import { type Config, ConfigError, ConfigWatch, configChanges, createLog, dataFolder, type Log, systemClock, unlikely, type WrittenConfig } from '@habtwin/runtime' // biome-ignore format: one line
import { tellOpen } from '@habtwin/runtime/open'
import { runSim } from '@habtwin/sim-core/main'
import { configSource, type HabitatOptions } from '../habitat.ts'
import { tellParent } from '../parent.ts'
import { onReload, untilStopped } from '../stop.ts'
import { version } from '../version.ts'

export interface SimCommand extends HabitatOptions {
  /** The origin of the panel of the demo's second view. */
  readonly across?: string
}

export async function sim(options: SimCommand): Promise<undefined> {
  process.title = 'habtwin sim'
  const source = await configSource(options.config)
  const began = source.read()
  const log = await createLog('sim')
  const stop = untilStopped()
  let now = began
  let next: WrittenConfig | undefined
  let again = new AbortController()
  using watch = new ConfigWatch({
    ...{ file: source.file, text: began.text, clock: systemClock, log },
    onChange(text) {
      const after = text === undefined ? undefined : parsed(text)
      // the gateway says what is wrong with it
      if (after === undefined || unlikely(now, after) !== undefined) return
      const changes = configChanges(now, after).filter(({ needs }) => needs === 'sim')
      if (changes.length === 0) return
      log.info(`configuration: ${changes.map(({ words }) => words).join('; ')}: sim begins anew with it`)
      next = after
      again.abort(new Error('the configuration was changed'))
    },
  })
  watch.start()
  onReload(() => watch.look(), stop)
  const folder = dataFolder(options.data)
  let panel: string | undefined
  const onReady = (addresses: Record<string, string | undefined>) => {
    panel = addresses.panel
    tellOpen(folder, 'sim', panel, now.config.http.panel.tls)
    tellParent({ ready: 'sim', addresses })
  }
  const common = { folder, clock: systemClock, log, version, across: options.across, onReady }
  while (!stop.aborted) {
    const config = effective(now, began, panel)
    await runSim({ ...common, config }, AbortSignal.any([stop, again.signal]))
    if (next === undefined) return
    now = next
    next = undefined
    again = new AbortController()
  }

  function parsed(text: string): WrittenConfig | undefined {
    return parse(() => source.parse(text), log)
  }
}

function parse(read: () => WrittenConfig, log: Log): WrittenConfig | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    log.warn('the changed configuration has faults; sim goes on with what was there before')
    return undefined
  }
}

/**
 * What sim goes by: where the gateway has to be started again for a part, that part as it was; and the port of the panel
 * that was taken, where any would do, so that nobody who looks has to look elsewhere.
 */
function effective({ config }: WrittenConfig, { config: began }: WrittenConfig, taken: string | undefined): Config {
  const { id, pressure, timezone } = began.habitat
  const { panel } = config.http
  const port = panel.port === 0 && taken !== undefined ? Number(taken.slice(taken.lastIndexOf(':') + 1)) : panel.port
  return {
    ...config,
    habitat: { ...config.habitat, id, pressure, timezone },
    broker: began.broker,
    tls: began.tls,
    http: { ...began.http, panel: { ...panel, port } },
  }
}
