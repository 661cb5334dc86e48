// Generated from this folder by scripts/gen-drivers.ts; a test holds it equal.
import type { Driver } from './driver.ts'

export const registry: Readonly<Record<string, () => Promise<Driver>>> = {
  'modbus-tcp': () => import('./modbus-tcp.ts').then((module) => module.default),
  'replay': () => import('./replay.ts').then((module) => module.default),
  'serial': () => import('./serial.ts').then((module) => module.default),
  'virtual': () => import('./virtual.ts').then((module) => module.default),
}
