/** Where the data of a habitat lie at a receiver. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { HabtwinError, messageOf } from '@habtwin/contract'

/** The folder of a habitat. @param data of the receiver */
export function folderOf(data: string, habitat: string): string {
  return join(data, 'habitats', habitat)
}

/** @throws HabtwinError data/unusable */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new HabtwinError('data/unusable', messageOf(error), { where: path, cause: error })
  }
}
