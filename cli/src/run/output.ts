/** A file that is there whole or not at all: written under another name beside it, and renamed when it is on the disk. */
import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { HabtwinError, messageOf } from '@habtwin/contract'

/** Characters that are written at once. */
const PIECE = 1 << 18

export class Output implements AsyncDisposable {
  /** As it was given. */
  readonly name: string
  /** Where it really is. */
  readonly #path: string
  readonly #part: string
  readonly #file: FileHandle
  #isDone = false

  private constructor(name: string, path: string, part: string, file: FileHandle) {
    this.name = name
    this.#path = path
    this.#part = part
    this.#file = file
  }

  /**
   * Begins it, so that what cannot be written is known before anything is run.
   * @throws HabtwinError run/output
   */
  static async begin(name: string): Promise<Output> {
    try {
      const path = target(name)
      const part = join(dirname(path), `.${basename(path)}.${process.pid}.part`)
      return new Output(name, path, part, await open(part, 'w'))
    } catch (error) {
      throw unwritable(name, error)
    }
  }

  /**
   * Writes it, no faster than the disk takes it.
   * @returns bytes
   * @throws HabtwinError run/output; whatever the text throws
   */
  async write(text: AsyncIterable<string>): Promise<number> {
    let fault: unknown
    let length = 0
    // what the text throws is told from what the disk does
    async function* pieces() {
      try {
        for await (const piece of gathered(text)) {
          length += piece.length
          yield piece
        }
      } catch (error) {
        fault = error
        throw error
      }
    }
    try {
      await this.#file.writeFile(pieces())
      await this.#file.sync()
      await this.#file.close()
      await rename(this.#part, this.#path)
      this.#isDone = true
      return length
    } catch (error) {
      throw error === fault ? error : unwritable(this.name, error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isDone) return
    await this.#file.close().catch(() => undefined)
    await rm(this.#part, { force: true })
  }
}

/** Text in pieces that are worth a write. */
async function* gathered(text: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let piece = ''
  for await (const more of text) {
    piece += more
    if (piece.length < PIECE) continue
    yield Buffer.from(piece)
    piece = ''
  }
  yield Buffer.from(piece)
}

/** Where a file really is, which may be there already. @throws where it is none that may be replaced */
function target(name: string): string {
  const path = resolve(name)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return path
  if (!found.isFile()) throw new Error('it is there already and is no file')
  accessSync(path, constants.W_OK)
  return realpathSync(path)
}

function unwritable(name: string, cause: unknown): HabtwinError {
  return new HabtwinError('run/output', `${name} cannot be written: ${messageOf(cause)}`, { where: name, cause })
}
