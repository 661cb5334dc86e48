/** Looks at a machine from all sides and tells what is there, what is missing and what to do. It changes nothing. */
import { isHabtwinError } from '@habtwin/contract'
import { type Config, ConfigError, dataFolder, describeFault } from '@habtwin/runtime'
import { configFile, readConfig } from '../habitat.ts'
import type { Check, Finding, Subject } from './check.ts'
import { board } from './checks/board.ts'
import { clock } from './checks/clock.ts'
import { configuration } from './checks/configuration.ts'
import { data } from './checks/data.ts'
import { i2c } from './checks/i2c.ts'
import { node } from './checks/node.ts'
import { oneWire } from './checks/one-wire.ts'
import { ports } from './checks/ports.ts'
import { serial } from './checks/serial.ts'
import { tls } from './checks/tls.ts'
import type { Machine } from './machine.ts'
import { running } from './running.ts'

const checks: readonly Check[] = [node, board, configuration, data, ports, tls, clock, serial, i2c, oneWire]

export interface Section {
  readonly title: string
  readonly findings: readonly Finding[]
}

export interface Patient {
  /** The configuration; the demo's where none is given. */
  readonly file: string | undefined
  readonly data: string
  readonly machine: Machine
}

export async function examine({ file, data, machine }: Patient): Promise<Section[]> {
  const folder = dataFolder(data)
  const subject: Subject = {
    machine,
    file: configFile(file),
    given: file !== undefined,
    ...(await configured(file)),
    data: folder,
    running: running(machine, folder),
  }
  const sections: Section[] = []
  for (const { title, look } of checks) sections.push({ title, findings: await look(subject) })
  return sections
}

async function configured(file: string | undefined): Promise<{ config: Config | undefined; faults: string[] }> {
  try {
    return { config: await readConfig(file), faults: [] }
  } catch (error) {
    if (error instanceof ConfigError) {
      return { config: undefined, faults: error.faults.map((fault) => describeFault(error.file, fault)) }
    }
    if (isHabtwinError(error)) return { config: undefined, faults: [error.message] }
    throw error
  }
}
