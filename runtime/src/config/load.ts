/**
 * From a file to a configuration, or to the list of all its faults.
 *
 *   text ─yaml─► tree with places ─environment─► plain object ─schema─► shapes and units ─meaning─► Config
 */
import { readFileSync } from 'node:fs'
import { type ErrorCode, errorTable, HabtwinError, messageOf } from '@habtwin/contract'
import { isNode, isSeq, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { clashFaults } from './clashes.ts'
import { commandFaults } from './command-faults.ts'
import { plainConditioning } from './conditioning.ts'
import { conditioningFaults, resolveAll } from './conditioning-faults.ts'
import type { Config, DeviceConfig, ZoneConfig } from './config.ts'
import { describeFaults } from './described.ts'
import { applyEnvironment, isSecret, type Override } from './environment.ts'
import { ConfigError, type Fault, makeFault } from './faults.ts'
import { resolveLimits, type WrittenLimits } from './limits.ts'
import { listenerFaults } from './listeners.ts'
import { scanFaults } from './scan-plan.ts'
import { configSchema, type DriverKeys } from './schema.ts'
import { spaceFault } from './space.ts'

/** Names that are taken: `command/guard/acknowledge` speaks to the guard, `command/twin/acknowledge` to the twin. */
const reserved = new Set(['command', 'guard', 'journal', 'link', 'recorder', 'safety', 'twin'])

/**
 * Reads and checks a configuration file.
 * @throws ConfigError with every fault, in the order of the file
 */
export function loadConfig(file: string, drivers: readonly DriverKeys[], env: NodeJS.ProcessEnv = process.env): Config {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(file, [makeFault('config/unreadable', '', messageOf(error))])
  }
  return parseConfig(text, file, drivers, env)
}

/** The same from the text itself. */
export function parseConfig(
  text: string,
  file: string,
  drivers: readonly DriverKeys[],
  env: NodeJS.ProcessEnv,
): Config {
  const { tree, faults, at } = readTree(text, file, env)
  const parsed = configSchema(drivers).safeParse(tree)
  if (!parsed.success) for (const issue of parsed.error.issues) faults.push(...faultsOf(issue, drivers, at))
  faults.push(
    ...meaningFaults(tree, drivers, at),
    ...commandFaults(tree, drivers, at),
    ...conditioningFaults(tree, drivers, at),
  )
  if (parsed.success) faults.push(...bridgeFaults(parsed.data, at))
  if (parsed.success && faults.length === 0) faults.push(...describeFaults(parsed.data, drivers, at))
  if (parsed.success && faults.length === 0) {
    faults.push(...scanFaults(parsed.data, drivers, at), ...clashFaults(parsed.data, drivers, at))
  }
  if (!parsed.success || faults.length > 0) throw new ConfigError(file, inOrder(faults))

  return resolve(parsed.data, tree, drivers)
}

/**
 * A file of another shape than a habitat's, read in the same way.
 * @throws ConfigError with every fault, in the order of the file
 */
export function parseTree<T>(schema: z.ZodType<T>, text: string, file: string, env: NodeJS.ProcessEnv): T {
  const { tree, faults, at } = readTree(text, file, env)
  const parsed = schema.safeParse(tree)
  if (!parsed.success) for (const issue of parsed.error.issues) faults.push(...faultsOf(issue, [], at))
  if (!parsed.success || faults.length > 0) throw new ConfigError(file, inOrder(faults))
  return parsed.data
}

/** The file as a plain object with what the environment says over it, and the faults that it has already. */
function readTree(text: string, file: string, env: NodeJS.ProcessEnv) {
  const faults: Fault[] = []
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  for (const error of document.errors) {
    const code = error.code === 'DUPLICATE_KEY' ? 'config/duplicate-id' : 'config/syntax'
    const said = error.code === 'DUPLICATE_KEY' ? 'this name is given twice' : error.message
    faults.push(makeFault(code, '', said, lines.linePos(error.pos[0])))
  }
  if (faults.some((fault) => fault.code === 'config/syntax')) throw new ConfigError(file, faults)

  const raw: unknown = document.toJS() ?? {}
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw new ConfigError(file, [
      makeFault('config/invalid', '', 'the file must hold keys such as `habitat:` and `devices:`'),
    ])
  }
  const tree = raw as Record<string, unknown>
  const secrets = secretsIn(tree)
  const overrides = applyEnvironment(tree, env)

  function at(path: readonly PropertyKey[], code: ErrorCode, message: string): Fault {
    const from = overrides.find((override) => isPrefix(override, path))
    const name = path.map(String).join('.')
    if (from) return makeFault(code, name, `${message} (from ${from.variable})`)
    return makeFault(
      code,
      name,
      message,
      placeOf(document, lines, path, code === 'config/unknown-key' || code === 'config/duplicate-id'),
    )
  }

  for (const path of secrets) {
    faults.push(
      at(path, 'config/invalid', 'a secret does not belong in this file; use a *_file key or the environment'),
    )
  }
  faults.push(...listenerFaults(tree, at))
  return { tree, faults, at }
}

type At = (path: readonly PropertyKey[], code: ErrorCode, message: string) => Fault
type Issue = import('zod').core.$ZodIssue

function faultsOf(issue: Issue, drivers: readonly DriverKeys[], at: At): Fault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => at([...issue.path, key], 'config/unknown-key', `unknown key "${key}"`))
  }
  if (issue.code === 'invalid_union') {
    if (issue.path.at(-1) === 'driver') {
      const buses = issue.path[0] === 'buses'
      const names = drivers.filter((driver) => !buses || driver.bus).map((driver) => driver.name)
      return [at(issue.path, 'config/unknown-driver', `unknown driver; there are: ${names.join(', ')}`)]
    }
    // the branch that came nearest tells most: the one whose complaints lie deepest
    const branches = issue.errors.map((issues) => ({
      issues,
      depth: Math.max(0, ...issues.map((one) => one.path.length)),
    }))
    const best = branches.sort((a, b) => b.depth - a.depth || rank(b.issues) - rank(a.issues))[0]
    return (best?.issues ?? []).flatMap((inner) =>
      faultsOf({ ...inner, path: [...issue.path, ...inner.path] }, drivers, at),
    )
  }
  const given = issue.code === 'custom' ? issue.params?.code : undefined
  const code = typeof given === 'string' && Object.hasOwn(errorTable, given) ? (given as ErrorCode) : 'config/invalid'
  return [at(issue.path, code, issue.message)]
}

/** A complaint of ours says more than "expected string". */
function rank(issues: readonly Issue[]): number {
  return issues.some((issue) => issue.code !== 'invalid_type') ? 1 : 0
}

/** References and names, judged on the raw tree so that they are reported beside faults of shape. */
function meaningFaults(tree: Record<string, unknown>, drivers: readonly DriverKeys[], at: At): Fault[] {
  const faults: Fault[] = []
  const section = (name: string) => (isRecord(tree[name]) ? tree[name] : {})
  const owner = new Map<string, string>()
  for (const kind of ['zones', 'buses', 'devices']) {
    for (const name of Object.keys(section(kind))) {
      const other = owner.get(name)
      if (other) faults.push(at([kind, name], 'config/duplicate-id', `"${name}" is also one of the ${other}`))
      if (reserved.has(name))
        faults.push(at([kind, name], 'config/duplicate-id', `"${name}" is a name of habtwin's own`))
      owner.set(name, kind)
    }
  }
  if (Object.keys(section('bridges')).length > 0 && section('habitat').id === undefined)
    faults.push(at(['bridges'], 'config/invalid', 'before anything is bridged the habitat needs a name of its own: `habitat: { id: … }`')) // biome-ignore format: one thought
  const missing = (path: readonly PropertyKey[], kind: 'zone' | 'device', name: unknown) => {
    if (typeof name !== 'string' || Object.hasOwn(section(`${kind}s`), name)) return
    faults.push(at(path, 'config/unknown-reference', `there is no ${kind} "${name}"`))
  }
  for (const [name, zone] of Object.entries(section('zones'))) {
    if (!isRecord(zone)) continue
    for (const [i, other] of (Array.isArray(zone.beside) ? zone.beside : []).entries()) {
      missing(['zones', name, 'beside', i], 'zone', other)
    }
    for (const machine of ['scrubber', 'dehumidifier', 'oxygen', 'blower', 'battery']) {
      const written = zone[machine]
      if (isRecord(written)) missing(['zones', name, machine, 'device'], 'device', written.device)
    }
  }
  const { points: publicly } = section('public')
  for (const name of Object.keys(isRecord(publicly) ? publicly : {})) missing(['public', 'points', name], 'zone', name)
  for (const [name, zone] of Object.entries(section('zones'))) {
    for (const [point, written] of Object.entries(isRecord(zone) && isRecord(zone.limits) ? zone.limits : {})) {
      if (!isRecord(written)) continue
      // the pressure decides only how large a limit is, not whether it is one
      resolveLimits(point, written as WrittenLimits, 1_000, (key, message) =>
        faults.push(at(['zones', name, 'limits', point, key], 'config/unit', message)),
      )
    }
  }
  for (const [name, device] of Object.entries(section('devices'))) {
    if (!isRecord(device)) continue
    const { zone, bus, driver } = device
    if (typeof zone === 'string' && !Object.hasOwn(section('zones'), zone)) {
      faults.push(at(['devices', name, 'zone'], 'config/unknown-reference', `there is no zone "${zone}"`))
    }
    const rides = drivers.find(({ name }) => name === driver)?.rides
    if (typeof bus !== 'string') {
      if (rides === undefined || bus !== undefined) continue
      const message = `a ${driver} is on a bus: name it (driver ${rides.join(' or ')})`
      faults.push(at(['devices', name, 'bus'], 'config/unknown-reference', message))
      continue
    }
    const found = section('buses')[bus]
    if (!isRecord(found)) {
      faults.push(at(['devices', name, 'bus'], 'config/unknown-reference', `there is no bus "${bus}"`))
    } else if (rides !== undefined && typeof found.driver === 'string' && !rides.includes(found.driver)) {
      const message = `bus "${bus}" speaks ${found.driver}, not ${rides.join(' or ')}`
      faults.push(at(['devices', name, 'bus'], 'config/invalid', message))
    }
  }
  return faults
}

/** Contacts in the mission's time need a mission. */
function bridgeFaults({ bridges, mission }: ParsedConfig, at: At): Fault[] {
  return Object.entries(bridges).flatMap(([name, bridge]) => {
    const why = spaceFault(bridge, mission)
    return why === undefined ? [] : [at(['bridges', name, 'contacts'], 'config/invalid', why)]
  })
}

type ParsedConfig = import('zod').output<ReturnType<typeof configSchema>>

function resolve(parsed: ParsedConfig, tree: Record<string, unknown>, drivers: readonly DriverKeys[]): Config {
  const zones: Record<string, ZoneConfig> = {}
  for (const [name, { limits = {}, label, ...zone }] of Object.entries(parsed.zones)) {
    const resolved = Object.entries(limits).map(([point, written]) => [
      point,
      resolveLimits(point, written as WrittenLimits, parsed.habitat.pressure, unexpected),
    ])
    zones[name] = { label: label ?? title(name), ...(zone as object), limits: Object.fromEntries(resolved) }
  }
  const devices: Record<string, DeviceConfig> = {}
  const conditioned = resolveAll(tree, drivers, (path, _, message) => unexpected(path.join('.'), message))
  for (const [name, device] of Object.entries(
    parsed.devices as Record<string, Omit<DeviceConfig, 'label'> & { label?: string }>,
  )) {
    const conditioning = conditioned.get(name) ?? plainConditioning
    devices[name] = { ...device, label: device.label ?? title(name), conditioning } as DeviceConfig
  }
  const simulating = new Set(drivers.filter((driver) => driver.simulated).map((driver) => driver.name))
  const used = Object.values(devices)
  const standIns = new Set(
    Object.entries(parsed.buses as Record<string, Record<string, unknown>>)
      .filter(([, { path, host }]) => path === 'simulated' || host === 'simulated')
      .map(([name]) => name),
  )
  const isSimulated = ({ driver, bus = '' }: DeviceConfig) => simulating.has(driver) || standIns.has(bus)
  return {
    ...(parsed as unknown as Config),
    habitat: { ...parsed.habitat, label: parsed.habitat.label ?? title(parsed.habitat.id) },
    zones,
    devices,
    simulated: used.length > 0 && used.every(isSimulated),
  }
}

/** Limits were checked with everything else: what complains now is a fault of ours. */
function unexpected(key: string, message: string): never {
  throw new HabtwinError('bug/unexpected', `${key}: ${message}`)
}

function title(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1).replaceAll('-', ' ')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isPrefix(override: Override, path: readonly PropertyKey[]): boolean {
  return override.path.length <= path.length && override.path.every((key, i) => key === String(path[i]))
}

function secretsIn(tree: unknown, path: string[] = []): string[][] {
  if (!isRecord(tree)) return []
  return Object.entries(tree).flatMap(([key, value]) => {
    const here = [...path, key]
    return path.length > 0 && isSecret(here) ? [here] : secretsIn(value, here)
  })
}

/** The place of a path in the file; of the nearest enclosing key where the path itself is missing. */
function placeOf(
  document: ReturnType<typeof parseDocument>,
  lines: LineCounter,
  path: readonly PropertyKey[],
  atKey: boolean,
) {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
    const key = path[length - 1]
    const items = (parent as { items?: unknown[] } | null)?.items ?? []
    const item = isSeq(parent) && typeof key === 'number' ? items[key] : undefined
    if (isNode(item) && item.range) return lines.linePos(item.range[0])
    for (const item of items) {
      const pair = item as { key?: unknown; value?: unknown }
      if (!isNode(pair.key) || String(pair.key) !== String(key)) continue
      // an unknown key or a missing value is shown at the key, a wrong value at the value
      const node = !atKey && length === path.length && isNode(pair.value) && pair.value.range ? pair.value : pair.key
      if (node.range) return lines.linePos(node.range[0])
    }
  }
  return undefined
}

function inOrder(faults: readonly Fault[]): Fault[] {
  return [...faults].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
}
