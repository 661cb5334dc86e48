/** The files of an audit log: `0000000001.jsonl`, named by the number of their first entry. */
import { closeSync, fdatasyncSync, fsyncSync, ftruncateSync, openSync, readdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const NAME = /^\d{10}\.jsonl$/

/** Names, the oldest first. */
export function auditFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => NAME.test(name))
    .sort()
}

export function auditFile(first: number): string {
  return `${String(first).padStart(10, '0')}.jsonl`
}

/** A file that is only ever written at its end. */
export class Tail implements Disposable {
  readonly name: string
  readonly #fd: number
  #size: number

  /** @param size bytes that it has */
  constructor(folder: string, name: string, size: number) {
    this.name = name
    this.#size = size
    this.#fd = openSync(join(folder, name), 'a', 0o600)
    if (size > 0) return
    // the name of a new file is durable only when its folder is
    const at = openSync(folder, 'r')
    try {
      fsyncSync(at)
    } finally {
      closeSync(at)
    }
  }

  get size(): number {
    return this.#size
  }

  /** Writes and waits until the disk has it. Throws what the system throws, and leaves nothing half written. */
  write(bytes: Buffer): void {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at)
      fdatasyncSync(this.#fd)
    } catch (error) {
      ftruncateSync(this.#fd, this.#size)
      throw error
    }
    this.#size += bytes.length
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd)
  }
}
