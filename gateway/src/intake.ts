/** The way of each reading once it is conditioned: counted, journalled, published, judged. */
import { type Reading, topic } from '@habtwin/contract'
import type { Onward } from './conditioning/index.ts'
import type { Stamped } from './scheduler/scheduler.ts'

/** The least of the journal that a sample needs. */
export interface IntakeJournal {
  append(
    topic: string,
    body: object,
    live?: boolean,
  ): { readonly seq: number; readonly topic: string; readonly payload: string }
  room(): Promise<void>
}

export interface IntakeParts {
  readonly journal: IntakeJournal
  readonly outlet: { send(entry: { seq: number; topic: string; payload: string }, retain: boolean): void }
  readonly judge: (device: string, sample: Stamped) => void
  /** Devices whose samples come in bursts and can wait: a recording, not an instrument. */
  readonly patient: ReadonlySet<string>
}

/** Makes the function that takes every sample. */
export function intake({ journal, outlet, judge, patient }: IntakeParts) {
  const counts = new Map<string, { n: number; topic: string }>()

  return (device: string, sample: Stamped, { late, held }: Onward): Promise<void> | undefined => {
    if (held) {
      // nobody asked to hear of it; the guard has seen it, and it has no number that could be missed
      judge(device, sample)
      return undefined
    }
    let count = counts.get(device)
    if (count === undefined) {
      count = { n: 0, topic: topic.reading(device) }
      counts.set(device, count)
    }
    const { t, values, quality, clock } = sample
    const body: Partial<Reading> =
      quality === undefined ? { n: ++count.n, t, values } : { n: ++count.n, t, values, quality }
    if (clock !== undefined) body.clock = clock
    const entry = journal.append(count.topic, body, !late)
    if (!late) {
      outlet.send(entry, true)
      judge(device, sample)
    }
    return late || patient.has(device) ? journal.room() : undefined
  }
}
