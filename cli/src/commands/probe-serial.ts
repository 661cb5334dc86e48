/** `habtwin probe serial`: which ports there are, and what talks there. */
import { systemClock } from '@habtwin/runtime'
import { serialPorts } from '../doctor/checks/serial.ts'
import { Machine, told } from '../doctor/machine.ts'
import { Bar } from '../probe/bar.ts'
import { entry, ZONE } from '../probe/entry.ts'
import { type Heard, listenAt, RATES } from '../probe/serial.ts'
import { untilStopped } from '../stop.ts'
import { table } from '../table.ts'

export interface ProbeSerialOptions {
  /** These alone. */
  readonly port?: readonly string[]
  /** ms at each rate. */
  readonly listen?: number
  readonly baud?: readonly number[]
  readonly ask?: boolean
  readonly json?: boolean
}

/** As a shell says of a process that Ctrl-C has ended. */
const STOPPED = 130
/** ms for an answer to `--ask`, where no other time is given. */
const ANSWERS = 2_000

export async function probeSerial(options: ProbeSerialOptions): Promise<number> {
  const { listen, ask = false, json = false } = options
  const stop = untilStopped()
  const machine = new Machine()
  const ports = serialPorts(machine).map(({ path, lasting }) => ({
    path: lasting,
    real: path,
    held: machine.holders(path),
    open: machine.mayOpen(path),
  }))
  if (listen === undefined && !ask) {
    if (json) return print(`${JSON.stringify({ ports })}\n`)
    if (ports.length === 0) return print('no serial port is on this machine: plug the adapter in; dmesg shows whether the kernel knows it\n') // biome-ignore format: one thought
    const rows = ports.map(({ path, real, held, open }) => {
      const state = held.length > 0 ? `held by ${told(held)}` : open ? 'free' : `may not be opened by this user (group ${machine.groupOf(real, 'dialout')})` // biome-ignore format: one thought
      return [path, real === path ? '' : real.replace('/dev/', ''), state]
    })
    return print(`${table([['path', 'now', ''], ...rows])}\n\nwhat talks there: habtwin probe serial --listen 5s\n`)
  }
  const paths = options.port ?? ports.map(({ path }) => path)
  const rates = options.baud ?? (listen === undefined ? [9_600] : RATES)
  const listening = { rates, time: listen ?? ANSWERS, ask, clock: systemClock }
  const heard: Heard[] = []
  try {
    using bar = new Bar(paths.length * rates.length, !json)
    let done = 0
    for (const path of paths) heard.push(await listenAt(path, listening, (what) => bar.at(done++, what), stop))
  } catch (error) {
    if (stop.aborted) return STOPPED
    throw error
  }
  const yaml = entriesOf(heard)
  if (json) return print(`${JSON.stringify({ heard, yaml })}\n`)
  if (paths.length === 0) return print('there is no serial port to listen at; --port names one\n')
  return print(`${table(heard.map((one) => [one.path, says(one)]))}\n${yaml === undefined ? '' : `\n${yaml}\n`}`)
}

function says({ baud, bytes, talker, fault }: Heard): string {
  if (fault !== undefined) return fault
  if (talker !== undefined) {
    const sample = talker.sample === undefined ? '' : `, as "${talker.sample}"`
    return `${talker.what}, at ${baud} baud${sample}`
  }
  return bytes === 0 ? 'silent' : `${bytes} bytes that are of no instrument that habtwin knows, or at another rate`
}

function entriesOf(heard: readonly Heard[]): string | undefined {
  const known = heard.filter(({ talker }) => talker?.driver !== undefined)
  if (known.length === 0) return undefined
  const buses = known.map(({ path, baud }, i) => `  line-${i + 1}: { driver: serial, path: "${path}"${baud === 9_600 ? '' : `, baud: ${baud}`} }`) // biome-ignore format: one thought
  const devices = known.map(({ talker }, i) => {
    const keys = talker?.keys ? `, ${talker.keys}` : ''
    return `  ${talker?.driver}-${i + 1}: { zone: ${ZONE}, driver: ${talker?.driver}, bus: line-${i + 1}${keys} }`
  })
  return ['buses:', ...buses, entry(undefined, devices)].join('\n')
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
