/**
 * What the crew wrote about a day. Each saving is a record of its own beside the others, `report/{day}`, at the day's
 * beginning, so that those of one day are found together; nothing that was saved is ever changed.
 */
import { HabtwinError, type ReportDay, type ReportTexts, type ReportVersion, reportTexts } from '@habtwin/contract'
import { z } from 'zod'
import type { StoredRecord } from '../store/types.ts'

const saved = z.object({ by: z.string(), saved: z.number(), texts: reportTexts })
type Saved = z.infer<typeof saved>

export interface TextsParts {
  readonly store: {
    records(kind: string, span?: { from?: number; to?: number; limit?: number }): StoredRecord[]
  }
  readonly recorder: {
    record(topic: string, body: object, t: number): boolean
    /** @returns false where the store cannot be written now */
    flush(): boolean
  }
  /** ms, of the wall: in a habitat that is replayed, people write now. */
  readonly wall: () => number
}

export interface Written {
  readonly texts: ReportTexts
  readonly versions: readonly ReportVersion[]
}

/** Sections that are left out keep what they say. */
export interface Words {
  readonly by: string
  readonly texts: { readonly [K in keyof ReportTexts]?: string | undefined }
  /** The version that this is written upon; 0 for the first. */
  readonly after: number
}

const nothing: ReportTexts = {
  summary: '', power: '', water: '', air: '', forecasts: '', alerts: '', events: '', data: '',
} // biome-ignore format: a table

export class ReportTextsLog {
  readonly #parts: TextsParts

  constructor(parts: TextsParts) {
    this.#parts = parts
  }

  /** The newest texts of a day, or those of a version. Throws request/not-found. */
  read(day: ReportDay, version?: number): Written {
    const all = this.#all(day)
    if (version !== undefined && (version < 1 || version > all.length)) {
      throw new HabtwinError('request/not-found', `The report of ${day.key} has no version ${version}`)
    }
    const shown = version === undefined ? all.at(-1) : all[version - 1]
    return {
      texts: shown?.texts ?? nothing,
      versions: all.map(({ by, saved }, i) => ({ version: i + 1, by, saved })),
    }
  }

  /**
   * Saves a version; durable when this returns.
   * @throws HabtwinError report/conflict, data/unusable
   */
  save(day: ReportDay, { by, texts, after }: Words): Written {
    const { versions, texts: before } = this.read(day)
    const newest = versions.at(-1)
    if ((newest?.version ?? 0) !== after) {
      throw new HabtwinError('report/conflict', `${newest?.by ?? 'Nobody'} saved version ${newest?.version ?? 0} of it`)
    }
    const said = Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined))
    const body: Saved = { by, saved: this.#parts.wall(), texts: { ...before, ...said } }
    this.#parts.recorder.record(`report/${day.key}`, body, day.from)
    this.#parts.recorder.flush()
    const written = this.read(day)
    if (written.versions.length === versions.length) {
      throw new HabtwinError('data/unusable', 'The report cannot be saved now: the store cannot be written')
    }
    return written
  }

  #all(day: ReportDay): Saved[] {
    const span = { from: day.from, to: day.from, limit: Number.POSITIVE_INFINITY }
    return this.#parts.store
      .records('report', span)
      .filter(({ topic }) => topic === `report/${day.key}`)
      .flatMap(({ body }) => saved.safeParse(body).data ?? [])
      .sort((a, b) => a.saved - b.saved)
  }
}
