/** A piece of the records while it is being filled: rows come in, columns go out. */
import type { Chunk } from './columns.ts'

/** Columns that are so many rows apart share few lines of the cache, which then holds none of them. */
const COLLIDING = 256
/** Rows that are moved together where columns collide, and how far apart columns are then. */
const TILE = 64
const APART = TILE + 8

export class Piece {
  readonly rows: number
  readonly #steps: Float64Array
  readonly #values: Float64Array
  /** Where rows are put first, how many fit, and how far apart columns are: at their own place, or in a tile. */
  readonly #buffer: Float64Array
  readonly #fit: number
  readonly #stride: number
  #filled = 0

  /**
   * @param rows how many will be kept
   * @param columns how many each has
   * @param spent memory that is used again, where it is as large: what is new costs as much as to write into it
   */
  constructor(rows: number, columns: number, spent?: Float64Array) {
    this.rows = rows
    this.#steps = new Float64Array(rows)
    this.#values = spent?.length === rows * columns ? spent : new Float64Array(rows * columns)
    const collides = rows > 0 && rows % COLLIDING === 0
    this.#buffer = collides ? new Float64Array(APART * columns) : this.#values
    this.#fit = collides ? TILE : rows
    this.#stride = collides ? APART : rows
  }

  keep(step: number, row: Float64Array): void {
    const buffer = this.#buffer
    const stride = this.#stride
    this.#steps[this.#filled] = step
    for (let c = 0, to = this.#filled % this.#fit; c < row.length; c++, to += stride) buffer[to] = row[c] as number
    this.#filled++
    if (this.#fit < this.rows && this.#filled % TILE === 0) this.#move()
  }

  /** The whole piece. */
  end(): Chunk {
    return { rows: this.rows, steps: this.#steps, values: this.#values }
  }

  /** Moves a full tile to where it belongs. */
  #move(): void {
    const tile = this.#buffer
    const values = this.#values
    for (let from = 0, to = this.#filled - TILE; from < tile.length; from += APART, to += this.rows) {
      for (let r = 0; r < TILE; r++) values[to + r] = tile[from + r] as number
    }
  }
}
