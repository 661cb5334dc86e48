/**
 * Arithmetic that a person writes in the configuration: `power + outlet:power * 0.5`. Compiled once into closures; no
 * code is ever made from the text.
 *
 *   sum     = product (('+' | '-') product)*
 *   product = sign (('*' | '×' | '/' | '÷') sign)*
 *   sign    = ('-' | '+' | '−') sign | power
 *   power   = atom ('^' sign)?                     right to left: 2^3^2 is 2^9, and -2^2 is -4
 *   atom    = number | name | function '(' sum (',' sum)* ')' | '(' sum ')'
 *
 * A name is a point of the device itself, `dew-point`, or of another one, `outlet:power`. As names have hyphens, a
 * difference of two of them needs spaces around its minus.
 */

/** What is wrong with an expression, and where in it. The only thing that `compile` throws. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
  /** Characters before the place. */
  readonly at: number

  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

export interface Expression {
  /** What it needs, each once: `power`, `outlet:power`. */
  readonly names: readonly string[]
  /** @param inputs the values of `names`, in their order */
  evaluate(inputs: ArrayLike<number>): number
}

type Node = (inputs: ArrayLike<number>) => number

/** Longer ones, and deeper ones, are no arithmetic of a person any more. */
const LONGEST = 1_000
const DEEPEST = 50

interface Fn {
  readonly least: number
  readonly most: number
  readonly of: (args: readonly Node[]) => Node
}

const one = (f: (x: number) => number): Fn => ({
  least: 1,
  most: 1,
  of:
    ([a = zero]) =>
    (inputs) =>
      f(a(inputs)),
})
const fold = (f: (x: number, y: number) => number): Fn => ({
  least: 1,
  most: Number.POSITIVE_INFINITY,
  of: (args) => args.reduce((a, b) => (inputs) => f(a(inputs), b(inputs))),
})
const zero: Node = () => 0

const functions: Readonly<Record<string, Fn>> = {
  abs: one(Math.abs),
  sqrt: one(Math.sqrt),
  exp: one(Math.exp),
  ln: one(Math.log),
  log10: one(Math.log10),
  min: fold(Math.min),
  max: fold(Math.max),
  /** clamp(x, low, high) */
  clamp: {
    least: 3,
    most: 3,
    of:
      ([x = zero, low = zero, high = zero]) =>
      (inputs) =>
        Math.min(Math.max(x(inputs), low(inputs)), high(inputs)),
  },
}

interface Token {
  readonly kind: 'number' | 'name' | 'sign' | 'end'
  readonly text: string
  readonly at: number
}

const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/y
const NAME = /[a-z][a-z0-9-]*(?::[a-z0-9-]+)?/y
const SIGNS = '+-−*×/÷^(),'

/** @throws ExpressionError */
export function compile(text: string): Expression {
  return new Parser(text).whole()
}

class Parser {
  readonly #tokens: readonly Token[]
  readonly #names: string[] = []
  #next = 0
  #depth = 0

  constructor(text: string) {
    if (text.length > LONGEST) throw new ExpressionError(`it is longer than ${LONGEST} characters`, LONGEST)
    this.#tokens = [...tokens(text)]
  }

  whole(): Expression {
    const evaluate = this.#sum()
    const rest = this.#token
    if (rest.kind !== 'end') throw new ExpressionError(`"${rest.text}" is not expected here`, rest.at)
    return { names: this.#names, evaluate }
  }

  get #token(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)] as Token
  }

  /** Takes the sign if it is one of these. */
  #sign(among: string): string | undefined {
    const { kind, text } = this.#token
    if (kind !== 'sign' || !among.includes(text)) return undefined
    this.#next++
    return text
  }

  #sum(): Node {
    if (++this.#depth > DEEPEST) throw new ExpressionError('it is nested too deep', this.#token.at)
    let left = this.#product()
    for (let sign = this.#sign('+-−'); sign !== undefined; sign = this.#sign('+-−')) {
      const [a, b] = [left, this.#product()]
      left = sign === '+' ? (inputs) => a(inputs) + b(inputs) : (inputs) => a(inputs) - b(inputs)
    }
    this.#depth--
    return left
  }

  #product(): Node {
    let left = this.#signed()
    for (let sign = this.#sign('*×/÷'); sign !== undefined; sign = this.#sign('*×/÷')) {
      const [a, b] = [left, this.#signed()]
      left = '*×'.includes(sign) ? (inputs) => a(inputs) * b(inputs) : (inputs) => a(inputs) / b(inputs)
    }
    return left
  }

  #signed(): Node {
    let negative = false
    for (let sign = this.#sign('+-−'); sign !== undefined; sign = this.#sign('+-−'))
      negative = negative !== (sign !== '+')
    const value = this.#power()
    return negative ? (inputs) => -value(inputs) : value
  }

  #power(): Node {
    const base = this.#atom()
    if (this.#sign('^') === undefined) return base
    if (++this.#depth > DEEPEST) throw new ExpressionError('it is nested too deep', this.#token.at)
    const exponent = this.#signed()
    this.#depth--
    return (inputs) => base(inputs) ** exponent(inputs)
  }

  #atom(): Node {
    const { kind, text, at } = this.#token
    this.#next++
    if (kind === 'number') {
      const value = Number(text)
      return () => value
    }
    if (kind === 'name') return this.#isOpening() ? this.#call(text, at) : this.#point(text)
    if (kind === 'sign' && text === '(') {
      const inner = this.#sum()
      this.#close()
      return inner
    }
    throw new ExpressionError(kind === 'end' ? 'something is missing at its end' : `"${text}" is not expected here`, at)
  }

  #isOpening(): boolean {
    return this.#token.kind === 'sign' && this.#token.text === '('
  }

  #call(name: string, at: number): Node {
    const fn = Object.hasOwn(functions, name) ? functions[name] : undefined
    if (fn === undefined) {
      throw new ExpressionError(`there is no function ${name}; there are ${Object.keys(functions).join(', ')}`, at)
    }
    this.#next++
    const args = [this.#sum()]
    while (this.#sign(',') !== undefined) args.push(this.#sum())
    this.#close()
    if (args.length < fn.least || args.length > fn.most) {
      throw new ExpressionError(
        `${name} takes ${fn.least} ${fn.least === 1 ? 'value' : 'values'}, not ${args.length}`,
        at,
      )
    }
    return fn.of(args)
  }

  #point(name: string): Node {
    let i = this.#names.indexOf(name)
    if (i < 0) i = this.#names.push(name) - 1
    return (inputs) => inputs[i] as number
  }

  #close(): void {
    const { at } = this.#token
    if (this.#sign(')') === undefined) throw new ExpressionError('a parenthesis is not closed', at)
  }
}

function* tokens(text: string): Iterable<Token> {
  let at = 0
  while (at < text.length) {
    const char = text[at] as string
    if (/\s/.test(char)) at++
    else if (SIGNS.includes(char)) yield { kind: 'sign', text: char, at: at++ }
    else {
      const kind = /[\d.]/.test(char) ? 'number' : 'name'
      const pattern = kind === 'number' ? NUMBER : NAME
      pattern.lastIndex = at
      const found = pattern.exec(text)?.[0]
      if (found === undefined) throw new ExpressionError(`"${char}" has no meaning here`, at)
      yield { kind, text: found, at }
      at += found.length
    }
  }
  yield { kind: 'end', text: '', at }
}
