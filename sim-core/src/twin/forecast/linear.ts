/** Small dense symmetric systems: normal equations that grow by one row at a time. */
import type { Archive } from './archive.ts'

/** Weighted normal equations `(Σ w f fᵀ) b = Σ w f y`, forgotten exponentially. Lower triangle, packed by rows. */
export class Normal {
  readonly size: number
  readonly gram: Float64Array
  readonly right: Float64Array
  /** Sum of the weights. */
  weight = 0
  readonly #work: Float64Array
  readonly #solution: Float64Array

  constructor(size: number) {
    this.size = size
    this.gram = new Float64Array((size * (size + 1)) / 2)
    this.right = new Float64Array(size)
    this.#work = new Float64Array(this.gram.length)
    this.#solution = new Float64Array(size)
  }

  /** Lets all that is known count for less. Called once for many rows with the product of their factors. */
  forget(factor: number): void {
    for (let i = 0; i < this.gram.length; i++) this.gram[i] = (this.gram[i] as number) * factor
    for (let i = 0; i < this.size; i++) this.right[i] = (this.right[i] as number) * factor
    this.weight *= factor
  }

  keep(archive: Archive): void {
    archive.numbers(this.gram, this.right)
    this.weight = archive.number(this.weight)
  }

  /** @param at where in `features` the row begins */
  add(features: Float64Array | Float32Array, at: number, target: number, weight: number): void {
    const { gram, right, size } = this
    let g = 0
    for (let i = 0; i < size; i++) {
      const fi = (features[at + i] as number) * weight
      right[i] = (right[i] as number) + fi * target
      for (let j = 0; j <= i; j++, g++) gram[g] = (gram[g] as number) + fi * (features[at + j] as number)
    }
    this.weight += weight
  }

  /**
   * Solves with `ridge[i]` added to the diagonal; by Cholesky's decomposition.
   * @returns false where the system is not positive definite; `out` is then left as it was
   */
  solve(ridge: Float64Array, out: Float64Array): boolean {
    const { size, gram, right } = this
    const l = this.#work
    for (let i = 0, row = 0; i < size; row += ++i) {
      for (let j = 0, other = 0; j <= i; other += ++j) {
        let sum = gram[row + j] as number
        if (i === j) sum += ridge[i] as number
        for (let k = 0; k < j; k++) sum -= (l[row + k] as number) * (l[other + k] as number)
        if (i !== j) l[row + j] = sum / (l[other + j] as number)
        else if (sum > 0) l[row + j] = Math.sqrt(sum)
        else return false
      }
    }
    const b = this.#solution
    for (let i = 0, row = 0; i < size; row += ++i) {
      let sum = right[i] as number
      for (let k = 0; k < i; k++) sum -= (l[row + k] as number) * (b[k] as number)
      b[i] = sum / (l[row + i] as number)
    }
    for (let i = size - 1; i >= 0; i--) {
      let sum = b[i] as number
      for (let k = i + 1; k < size; k++) sum -= (l[(k * (k + 1)) / 2 + i] as number) * (b[k] as number)
      b[i] = sum / (l[(i * (i + 1)) / 2 + i] as number)
    }
    for (let i = 0; i < size; i++) if (!Number.isFinite(b[i])) return false
    out.set(b)
    return true
  }
}
