/** Rows of one series in columns, and what is done with them: gather, sort, merge. */

/** Journals by small numbers within this process, so that a row refers to its journal by four bytes. */
const names: string[] = ['']
const numbers = new Map<string, number>([['', 0]])

/** The number of a journal; 0 is "none". */
export function journalRef(journal: string): number {
  let ref = numbers.get(journal)
  if (ref === undefined) {
    ref = names.length
    names.push(journal)
    numbers.set(journal, ref)
  }
  return ref
}

/** The journal of a number that `journalRef` gave. */
export function journalName(ref: number): string {
  return names[ref] ?? ''
}

/** Rows of one series. NaN stands for null, seq 0 for none; a quality is kept only where it is not good. */
export class Rows {
  n = 0
  t: Float64Array
  value: Float64Array
  seq: Float64Array
  journal: Uint32Array
  quality: Map<number, string> | undefined

  constructor(capacity = 16) {
    this.t = new Float64Array(capacity)
    this.value = new Float64Array(capacity)
    this.seq = new Float64Array(capacity)
    this.journal = new Uint32Array(capacity)
  }

  add(t: number, value: number, journal: number, seq: number, quality?: string | undefined): void {
    if (this.n === this.t.length) this.#grow(this.n + 1)
    const at = this.n++
    this.t[at] = t
    this.value[at] = value
    this.seq[at] = seq
    this.journal[at] = journal
    if (quality !== undefined) {
      this.quality ??= new Map()
      this.quality.set(at, quality)
    }
  }

  /** Adds the rows of another from index `begin` to before `end`. */
  addRows(other: Rows, begin = 0, end = other.n): void {
    const count = end - begin
    if (count <= 0) return
    if (this.n + count > this.t.length) this.#grow(this.n + count)
    this.t.set(other.t.subarray(begin, end), this.n)
    this.value.set(other.value.subarray(begin, end), this.n)
    this.seq.set(other.seq.subarray(begin, end), this.n)
    this.journal.set(other.journal.subarray(begin, end), this.n)
    if (other.quality !== undefined) {
      for (const [i, quality] of other.quality) {
        if (i < begin || i >= end) continue
        this.quality ??= new Map()
        this.quality.set(this.n + i - begin, quality)
      }
    }
    this.n += count
  }

  /** Forgets the first `count` rows and keeps the room for others. */
  drop(count: number): void {
    this.t.copyWithin(0, count, this.n)
    this.value.copyWithin(0, count, this.n)
    this.seq.copyWithin(0, count, this.n)
    this.journal.copyWithin(0, count, this.n)
    this.n -= count
    if (this.quality === undefined) return
    const kept = [...this.quality].filter(([i]) => i >= count)
    this.quality = kept.length === 0 ? undefined : new Map(kept.map(([i, quality]) => [i - count, quality]))
  }

  /** The same rows ordered by (t, journal, seq); itself where it is so already. */
  sorted(): Rows {
    if (this.#inOrder()) return this
    const order = Uint32Array.from({ length: this.n }, (_, i) => i)
    order.sort((a, b) => this.#compare(a, b))
    const out = new Rows(this.n)
    for (const i of order) {
      out.add(
        this.t[i] as number,
        this.value[i] as number,
        this.journal[i] as number,
        this.seq[i] as number,
        this.quality?.get(i),
      )
    }
    return out
  }

  /** Of sorted rows, each (journal, seq) once. */
  distinct(): Rows {
    let twice = false
    for (let i = 1; i < this.n && !twice; i++) twice = this.#same(i - 1, i)
    if (!twice) return this
    const out = new Rows(this.n)
    for (let i = 0; i < this.n; i++) if (i === 0 || !this.#same(i - 1, i)) out.addRows(this, i, i + 1)
    return out
  }

  #same(a: number, b: number): boolean {
    return (
      this.seq[a] !== 0 && this.seq[a] === this.seq[b] && this.journal[a] === this.journal[b] && this.t[a] === this.t[b]
    )
  }

  #inOrder(): boolean {
    for (let i = 1; i < this.n; i++) {
      if ((this.t[i] as number) > (this.t[i - 1] as number)) continue
      if (this.#compare(i - 1, i) > 0) return false
    }
    return true
  }

  #compare(a: number, b: number): number {
    const dt = (this.t[a] as number) - (this.t[b] as number)
    if (dt !== 0) return dt
    if (this.journal[a] !== this.journal[b]) {
      return journalName(this.journal[a] as number) < journalName(this.journal[b] as number) ? -1 : 1
    }
    return (this.seq[a] as number) - (this.seq[b] as number)
  }

  #grow(atLeast: number): void {
    const capacity = Math.max(atLeast, this.t.length * 2)
    const grow = <T extends Float64Array | Uint32Array>(from: T, to: T): T => {
      to.set(from)
      return to
    }
    this.t = grow(this.t, new Float64Array(capacity))
    this.value = grow(this.value, new Float64Array(capacity))
    this.seq = grow(this.seq, new Float64Array(capacity))
    this.journal = grow(this.journal, new Uint32Array(capacity))
  }
}
