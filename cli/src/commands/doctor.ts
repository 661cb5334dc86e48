/** `habtwin doctor` */
import { examine } from '../doctor/doctor.ts'
import { Machine } from '../doctor/machine.ts'
import { page } from '../doctor/print.ts'
import type { HabitatOptions } from '../habitat.ts'

/** Lines longer than this are hard to read, however wide the terminal is. */
const WIDEST = 100

/** Tells what this machine lacks. Status 1 where habtwin would not start. */
export async function doctor({ config, data, json = false }: HabitatOptions): Promise<number> {
  const sections = await examine({ file: config, data, machine: new Machine() })
  const all = sections.flatMap(({ title, findings }) => findings.map((finding) => ({ check: title, ...finding })))
  if (json) for (const finding of all) process.stdout.write(`${JSON.stringify(finding)}\n`)
  else {
    const { columns = WIDEST, isTTY = false } = process.stdout
    const paper = { width: Math.min(columns, WIDEST), colour: isTTY && process.stdout.hasColors() }
    process.stdout.write(page(sections, paper))
  }
  return all.some(({ stops }) => stops) ? 1 : 0
}
