/**
 * Who waits, and whose turn it is: owners take turns, within an owner its projects, within a project the first come.
 * So nobody waits for all the jobs of somebody else.
 */
export interface Waiting {
  readonly id: string
  readonly by: string
  readonly project: string | undefined
}

/** Names that take turns; each has what waits under it. */
class Ring<T> {
  /** In the order of their turns: who was served goes to the end. */
  readonly turns = new Map<string, T>()

  /** What is under a name; a new name has its turn last. */
  under(name: string, make: () => T): T {
    const known = this.turns.get(name) ?? make()
    this.turns.set(name, known)
    return known
  }

  /** Takes from the one whose turn it is. @param take says what was taken, and whether more is left */
  serve<R>(take: (of: T) => { taken: R; more: boolean }): R | undefined {
    const [first] = this.turns
    if (first === undefined) return undefined
    const [name, of] = first
    const { taken, more } = take(of)
    this.turns.delete(name)
    if (more) this.turns.set(name, of)
    return taken
  }
}

export class FairQueue {
  readonly #owners = new Ring<Ring<Set<string>>>()
  readonly #where = new Map<string, Waiting>()

  get size(): number {
    return this.#where.size
  }

  has(id: string): boolean {
    return this.#where.has(id)
  }

  add(waiting: Waiting): void {
    this.#where.set(waiting.id, waiting)
    const projects = this.#owners.under(waiting.by, () => new Ring<Set<string>>())
    projects.under(waiting.project ?? '', () => new Set()).add(waiting.id)
  }

  /** The next in turn, which does not wait any more. */
  next(): string | undefined {
    const id = this.#owners.serve((projects) => {
      const taken = projects.serve((ids) => {
        const [first] = ids as Set<string> & Iterable<string>
        ids.delete(first as string)
        return { taken: first as string, more: ids.size > 0 }
      })
      return { taken, more: projects.turns.size > 0 }
    })
    if (id !== undefined) this.#where.delete(id)
    return id
  }

  /** Takes one out of its turn. @returns false where it does not wait */
  remove(id: string): boolean {
    const waiting = this.#where.get(id)
    if (waiting === undefined) return false
    this.#where.delete(id)
    const projects = this.#owners.turns.get(waiting.by)
    const ids = projects?.turns.get(waiting.project ?? '')
    ids?.delete(id)
    if (ids?.size === 0) projects?.turns.delete(waiting.project ?? '')
    if (projects?.turns.size === 0) this.#owners.turns.delete(waiting.by)
    return true
  }
}
