/** A run as the page holds it: a job of the server, or a file. */
import type { EnsembleRecord, Job, ScenarioEntry } from '@habtwin/contract/scenario'
import { number, span } from '../../model/format.ts'
import type { KnownAgent } from './quantities.ts'
import type { Table } from './table.ts'

export interface Run {
  /** The job's id, or `file-1`. */
  readonly key: string
  /** Its colour, from 1 on. */
  readonly slot: number
  readonly origin: 'job' | 'file'
  /** A file's name. */
  readonly file?: string
  readonly job?: Job
  /** All columns that it has; undefined until they are known. */
  readonly names?: readonly string[]
  /** What was fetched of them. */
  readonly table?: Table
  /** What agents died of, where a file says it. */
  readonly causes?: Readonly<Record<string, string | null>>
  /** The points of its grid, where it is of several runs. */
  readonly points?: readonly Pick<EnsembleRecord['points'][number], 'at' | 'runs'>[]
  /** Which of them is shown. */
  readonly point: number
  /** Steps a second, while it runs. */
  readonly speed?: number
  /** It was deleted elsewhere. */
  readonly gone?: boolean
  /** The server does not answer at present. */
  readonly away?: boolean
  /** Why its results are not there, in words. */
  readonly trouble?: string
}

/** True for a job of which nothing more will come. */
export function hasEnded({ state }: Pick<Job, 'state'>): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled'
}

export interface Naming {
  readonly agents: readonly KnownAgent[]
  readonly dt: number
}

/** How a run's columns are to be read. @param entry its preset, where it is one */
export function namingOf({ job }: Run, entry: ScenarioEntry | undefined): Naming {
  const { hours = 0, steps = 0 } = job?.summary ?? {}
  const dt = entry?.dt ?? (hours > 0 && steps > 0 ? hours / steps : 1)
  return { agents: entry?.agents ?? [], dt }
}

/** A run's name by itself. */
function plainName({ file, job, key }: Run): string {
  return file ?? job?.label ?? (job === undefined ? `Run ${key}` : `Seed ${job.seed}`)
}

/**
 * Names that tell the shown runs apart: by what differs from the preset, with the preset where there are several, and
 * with a number where they would still be the same.
 * @param label of a preset, by id
 */
export function namesOf(runs: readonly Run[], label: (preset: string) => string): Map<string, string> {
  const presets = new Set(runs.flatMap(({ job }) => job?.scenario ?? []))
  const names = new Map<string, string>()
  const used = new Map<string, number>()
  for (const run of runs) {
    const { job } = run
    const plain = plainName(run)
    const full = presets.size > 1 && job !== undefined ? `${label(job.scenario)}: ${lowered(plain)}` : plain
    const before = used.get(full) ?? 0
    used.set(full, before + 1)
    names.set(run.key, before === 0 ? full : `${full} (${before + 1})`)
  }
  return names
}

function lowered(text: string): string {
  return /^\p{Lu}\p{Ll}/u.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text
}

/** The lowest colour that is free. */
export function freeSlot(runs: readonly Run[]): number {
  const taken = new Set(runs.map(({ slot }) => slot))
  let slot = 1
  while (taken.has(slot)) slot++
  return slot
}

/** `1,240 steps/s`, `2.4 million steps/s`. */
function speedText(speed: number): string {
  return speed >= 1e6 ? `${number(speed / 1e6, 1)} million steps/s` : `${number(speed, 0)} steps/s`
}

/** How a job stands, in words for a person. @param ahead jobs that wait before it */
export function stateText(job: Job, ahead: number, speed?: number): string {
  switch (job.state) {
    case 'queued':
      return ahead === 0 ? 'Waiting for its turn' : `Waiting, ${ahead} before it`
    case 'running': {
      const left = speed && speed > 0 ? ((job.steps - job.step) / speed) * 1000 : 0
      const rest = left > 2_000 ? `, about ${span(left)} left` : ''
      return `${Math.floor(job.progress * 100)} %${speed ? `, ${speedText(speed)}` : ''}${rest}`
    }
    case 'done':
      return `Done${took(job)}`
    case 'cancelled':
      return job.step > 0
        ? `Cancelled after ${number(job.step, 0)} of ${number(job.steps, 0)} steps`
        : 'Cancelled before its first step'
    case 'failed':
      return 'Failed'
  }
}

function took({ started, completed, steps }: Job): string {
  if (started === undefined || completed === undefined) return ''
  const ms = Math.max(1, completed - started)
  const time = ms < 1000 ? `${Math.round(ms)} ms` : ms < 90_000 ? `${number(ms / 1000, 1)} s` : span(ms)
  return ` in ${time}, ${speedText((steps / ms) * 1000)}`
}

/** `10 d`, `36 h`. @param hours of simulated time */
export function lengthText(hours: number): string {
  return hours >= 48
    ? `${number(hours / 24, hours % 24 === 0 ? 0 : 1)} d`
    : `${number(hours, hours % 1 === 0 ? 0 : 1)} h`
}

/** A moment of a run, from its beginning: `day 3.2`, `hour 5`. */
export function hourText(hour: number): string {
  return hour >= 48 ? `day ${number(hour / 24, 1)}` : `hour ${number(hour, hour % 1 === 0 ? 0 : 1)}`
}
