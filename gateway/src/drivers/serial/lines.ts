/** Lines of text out of bytes. What was begun before anybody listened, is too long or is no text is no line. */

const NEWLINE = 0x0a
const RETURN = 0x0d

export class Lines {
  #longest: number
  #rest: number[] = []
  /** Until the next end of a line nothing counts: `812` without its first digit is a figure as well. */
  #skipping = true
  #decoder = new TextDecoder('utf-8', { fatal: true })
  /** Lines that were too long, or no text. */
  dropped = 0

  /** @param longest bytes of a line, without its end */
  constructor(longest: number) {
    this.#longest = longest
  }

  /** Whole lines, without their ends: LF, CR or both. Empty ones are left out. */
  push(bytes: Uint8Array): string[] {
    const lines: string[] = []
    for (const byte of bytes) {
      if (byte === NEWLINE || byte === RETURN) {
        const line = this.#end()
        if (line !== undefined) lines.push(line)
      } else if (!this.#skipping) {
        this.#rest.push(byte)
        if (this.#rest.length > this.#longest) {
          this.dropped++
          this.#skip()
        }
      }
    }
    return lines
  }

  /** Forgets the beginning of a line, and then the rest of it when that comes. */
  clear(): void {
    if (this.#rest.length > 0) this.#skip()
  }

  /** The same for whoever only wants to know where lines end. */
  readonly ends = {
    push: (bytes: Uint8Array): true[] => {
      this.push(bytes)
      return this.#skipping || this.#rest.length > 0 ? [] : [true]
    },
    clear: (): void => this.clear(),
  }

  #skip(): void {
    this.#rest = []
    this.#skipping = true
  }

  #end(): string | undefined {
    if (this.#skipping) {
      this.#skipping = false
      return undefined
    }
    const rest = this.#rest
    if (rest.length === 0) return undefined
    this.#rest = []
    try {
      // a tab is text, other control characters are noise on the wire
      if (rest.every((byte) => (byte >= 0x20 && byte !== 0x7f) || byte === 0x09)) {
        return this.#decoder.decode(Uint8Array.from(rest)).trim()
      }
    } catch {
      // no UTF-8
    }
    this.dropped++
    return undefined
  }
}
