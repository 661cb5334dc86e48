/**
 * What a changed configuration changes, in words: `devices.meter.every: 5 s → 1 s`. Told in the words of the files, and
 * only where what they mean differs.
 */
import { isDeepStrictEqual } from 'node:util'
import { parse } from 'yaml'
import type { Config } from './config.ts'
import { isSecret } from './environment.ts'

/** Who has to begin anew for a change: nobody, sim alone (which does so by itself), or the gateway. */
export type Needs = 'nothing' | 'sim' | 'gateway'

export interface Change<N = Needs> {
  readonly path: readonly string[]
  /** `devices.meter.every: 5 s → 1 s`, `new: devices.gh-air2`, `gone: devices.old`. */
  readonly words: string
  readonly needs: N
}

/** What differs, whoever has to begin anew for it. */
type Difference = Omit<Change, 'needs'>

/** A configuration and the text that it was made from. */
export interface Written<C> {
  readonly text: string
  readonly config: C
}

export type WrittenConfig = Written<Config>

/** Sections of which each entry is a thing of its own. */
const named = new Set(['zones', 'buses', 'devices', 'bridges'])

/** Every change from one configuration of a habitat to another, in the order of the sections. */
export function configChanges(before: WrittenConfig, after: WrittenConfig): Change[] {
  return changesBetween(before, after, needsOf)
}

/** The same of any configuration. @param needs who has to begin anew for a change of what is at a path */
export function changesBetween<C extends object, N>(
  before: Written<C>,
  after: Written<C>,
  needs: (path: readonly string[]) => N,
): Change<N>[] {
  const [old, fresh] = [tree(before.text), tree(after.text)]
  const changes: Difference[] = []
  for (const section of keysOf(before.config, after.config)) {
    const [a, b] = [before.config, after.config].map((config) => at(config, section))
    if (section === 'simulated' || isDeepStrictEqual(a, b)) continue
    if (named.has(section)) changes.push(...entries(section, a, b, old[section], fresh[section]))
    else changes.push(...leaves([section], old[section], fresh[section], a, b))
  }
  return changes.map((one) => ({ ...one, needs: needs(one.path) }))
}

/**
 * Why a changed configuration is not believed while the habitat runs: a file that lost its devices was most likely cut
 * short, by a full disk or a copy that broke off.
 */
export function unlikely(before: WrittenConfig, after: WrittenConfig): string | undefined {
  if (after.text.trim() === '') return 'the file is empty'
  const had = Object.keys(before.config.devices).length
  if (had > 0 && Object.keys(after.config.devices).length === 0)
    return `none of the ${had} devices is left; if that is meant, start the gateway again`
  return undefined
}

/** What is to be told of a secret's neighbours only: that it is another. */
function shown(path: readonly string[], value: unknown): string {
  if (isSecret(path)) return '(secret)'
  if (value === undefined) return 'not given'
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}

/** Sections that are tables of names: each name is new, gone or changed. */
function entries(section: string, a: unknown, b: unknown, old: unknown, fresh: unknown): Difference[] {
  return keysOf(a, b).flatMap((name): Difference[] => {
    const path = [section, name]
    const [was, is] = [at(a, name), at(b, name)]
    if (isDeepStrictEqual(was, is)) return []
    if (was === undefined) return [{ path, words: `new: ${path.join('.')}` }]
    if (is === undefined) return [{ path, words: `gone: ${path.join('.')}` }]
    return leaves(path, at(old, name), at(fresh, name), was, is)
  })
}

/** Differences of what is written; where nothing is, the environment or a default has changed. */
function leaves(path: readonly string[], old: unknown, fresh: unknown, a: unknown, b: unknown): Difference[] {
  const found = differences(path, old, fresh)
  if (found.length > 0) return found
  return differences(path, a, b)
}

function differences(path: readonly string[], old: unknown, fresh: unknown): Difference[] {
  if (isDeepStrictEqual(old, fresh)) return []
  if (isTable(old) && isTable(fresh)) return keysOf(old, fresh).flatMap((key) => differences([...path, key], at(old, key), at(fresh, key))) // biome-ignore format: one thought
  return [{ path, words: `${path.join('.')}: ${shown(path, old)} → ${shown(path, fresh)}` }]
}

function needsOf([section, name, key]: readonly string[]): Needs {
  switch (section) {
    case 'devices':
      return key === 'label' ? 'sim' : 'nothing'
    case 'buses':
    case 'guard':
      return 'nothing'
    case 'zones':
    case 'plan':
    case 'mission':
    case 'store':
    case 'influx':
    case 'jobs':
    case 'checklists':
    case 'public':
      return 'sim'
    case 'habitat':
      return name === 'label' ? 'sim' : 'gateway'
    case 'http':
      return name === 'panel' ? 'sim' : 'gateway'
    default:
      return 'gateway'
  }
}

function tree(text: string): Record<string, unknown> {
  const parsed: unknown = parse(text)
  return isTable(parsed) ? parsed : {}
}

function keysOf(a: unknown, b: unknown): string[] {
  return [...new Set([...(isTable(a) ? Object.keys(a) : []), ...(isTable(b) ? Object.keys(b) : [])])]
}

function at(of: unknown, key: string): unknown {
  return isTable(of) && Object.hasOwn(of, key) ? of[key] : undefined
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
