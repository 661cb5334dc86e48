/** What can be switched and set, in words: `Fan is on, set by Ada`, `Switch Fan off`. No DOM, no clock, no network. */
import type { CommandResult, ControlState } from '@habtwin/contract/command'
import type { DeviceInfo, DevicePoint, WritableRange } from '@habtwin/contract/device'
import { ucum } from '@habtwin/contract/units'

export type Value = string | number

/** A point that can be set. */
export interface Handle {
  readonly device: string
  readonly point: string
  readonly zone: string
  /** `Heater`, or `Heater, relay 2`. */
  readonly label: string
  readonly declared: DevicePoint
}

/** Points that can be set, by place and name; not those of the card that disturbs the virtual habitat. */
export function handlesOf(infos: Iterable<DeviceInfo>, disturb: string | undefined): Handle[] {
  const handles = [...infos].flatMap((info) => {
    if (info.device === disturb) return []
    const writable = Object.entries(info.points).filter(([, { writable }]) => writable !== undefined)
    return writable.map(([point, declared]): Handle => {
      const plain = point === 'state' && writable.length === 1
      const label = plain ? info.label : `${info.label}, ${declared.label?.toLowerCase() ?? point}`
      return { device: info.device, point, zone: info.zone, label, declared }
    })
  })
  return handles.sort((a, b) => a.zone.localeCompare(b.zone) || a.label.localeCompare(b.label))
}

export function isRange(writable: DevicePoint['writable']): writable is WritableRange {
  return writable !== undefined && !Array.isArray(writable)
}

/** True for what is only on or off. */
function isSwitch({ writable, unit }: DevicePoint): boolean {
  return Array.isArray(writable) && unit === '1' && writable.every((value) => value === 0 || value === 1)
}

/** A value as people say it: `on`, `21.5 °C`. */
export function valueText(declared: DevicePoint, value: Value | boolean | null | undefined): string {
  if (value === undefined || value === null) return 'not known'
  if (isSwitch(declared)) return Number(value) === 0 ? 'off' : 'on'
  const sign = ucum(declared.unit)
  const text = typeof value === 'number' ? String(Number(value.toPrecision(6))) : String(value)
  return sign === '' || typeof value === 'string' ? text : `${text} ${sign}`
}

/** What a button does: `Switch Fan on`, `Set Heater to 21 °C`. */
export function actText({ label, declared }: Handle, value: Value): string {
  return isSwitch(declared) ? `Switch ${label} ${valueText(declared, value)}` : `Set ${label} to ${valueText(declared, value)}` // biome-ignore format: one thought
}

/** Why a value would not be taken now; undefined where it would. The safe one always is. */
export function barred(declared: DevicePoint, state: ControlState | undefined, value: Value): string | undefined {
  return state?.refused !== undefined && value !== declared.safe ? state.refused : undefined
}

/** What became of a command, in a sentence. */
export function resultText(
  handle: Handle,
  value: Value,
  result: Partial<CommandResult>,
): { good: boolean; text: string } {
  // biome-ignore format: one thought
  const { state, reason, readback } = result
  const said = typeof readback === 'number' || typeof readback === 'string' ? readback : undefined
  switch (state) {
    case 'done':
      return { good: true, text: `Done: ${handle.label} is ${valueText(handle.declared, said ?? value)}.` }
    case 'refused':
      return { good: false, text: `Refused: ${reason ?? 'no reason was given'}. Nothing was changed.` }
    case 'expired':
      return { good: false, text: `Too late: ${reason ?? ''}. Nothing was changed.` }
    case 'waiting':
      if (reason !== undefined) return { good: true, text: `Sent: ${reason}.` }
      return { good: false, text: 'No answer yet: it may still be done. Look at the value before you try again.' }
    default:
      return { good: false, text: `Failed: ${reason ?? state ?? 'no reason was given'}. Look at the device itself.` }
  }
}

/** The value that a text stands for, or why it cannot be set. */
export function settingOf({ min, max, step }: WritableRange, unit: string, text: string): number | string {
  const value = Number(text.trim().replace(',', '.'))
  const sign = ucum(unit) === '' ? '' : ` ${ucum(unit)}`
  if (text.trim() === '' || !Number.isFinite(value)) return 'Give a figure.'
  if (value < min || value > max) return `It goes from ${min} to ${max}${sign}.`
  const steps = step === undefined ? 0 : (value - min) / step
  if (Math.abs(steps - Math.round(steps)) > 1e-6) return `It goes in steps of ${step}${sign}.`
  return value
}
