/**
 * The processes that share one folder. Each listens on a Unix socket of its own there, named by its id; who answers is
 * there, and one that was killed does not answer any more at once. Which of them records a habitat follows from their
 * ids alone, so that all agree without a word: the one with the highest hash of both names (rendezvous hashing: Thaler
 * and Ravishankar, 1998), and when one goes only its habitats move. That no two ever record the same is not left to
 * this: it is the lock of the habitat's store that decides.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'

const SOCKET = /^member-([0-9a-f]{8})\.sock$/

export class Members {
  readonly id = randomBytes(4).toString('hex')
  readonly #folder: string
  #others: readonly string[] = []

  /** @param folder of the sockets, made where it is missing */
  constructor(folder: string) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  }

  /** Where this one is to listen. */
  get socket(): string {
    return this.socketOf(this.id)
  }

  socketOf(member: string): string {
    return join(this.#folder, `member-${member}.sock`)
  }

  /** Those that answered when they were last looked for, this one among them. */
  get all(): readonly string[] {
    return [this.id, ...this.#others]
  }

  /** Who is to record a habitat. */
  ownerOf(habitat: string): string {
    const weight = (member: string) => createHash('sha256').update(`${member}/${habitat}`).digest('hex')
    return this.all.reduce((most, one) => (weight(one) > weight(most) ? one : most))
  }

  /** Looks who is there. A socket behind which nobody is any more goes. @returns true where that has changed */
  async look(): Promise<boolean> {
    const names = readdirSync(this.#folder).flatMap((name) => SOCKET.exec(name)?.[1] ?? [])
    const others: string[] = []
    for (const member of names.sort()) {
      if (member === this.id) continue
      if (await answers(this.socketOf(member))) others.push(member)
      else rmSync(this.socketOf(member), { force: true })
    }
    const changed = others.join() !== this.#others.join()
    this.#others = others
    return changed
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
