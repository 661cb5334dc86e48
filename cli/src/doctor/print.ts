/** What the doctor found, as text that fits the terminal. */
import { styleText } from 'node:util'
import type { Finding, Level } from './check.ts'
import { count } from './check.ts'
import type { Section } from './doctor.ts'

export interface Paper {
  /** Characters of a line. */
  readonly width: number
  readonly colour: boolean
}

const SIGN = { ok: '✓', note: '!', fault: '✗' } as const
const COLOUR = { ok: 'green', note: 'yellow', fault: 'red' } as const
const INDENT = 10

export function page(sections: readonly Section[], paper: Paper): string {
  const blocks = sections.map(({ title, findings }) =>
    [bold(title, paper), ...findings.flatMap((finding) => lines(finding, paper))].join('\n'),
  )
  return `${blocks.join('\n')}\n\n${summary(sections, paper)}\n`
}

function lines({ level, says, todo }: Finding, paper: Paper): string[] {
  const head = `  ${paint(`${SIGN[level]} ${level.padEnd(5)}`, level, paper)} `
  const wide = Math.max(20, paper.width - INDENT)
  const [first = '', ...rest] = wrap(says, wide)
  const advice = todo === undefined ? [] : wrap(todo, wide - 2)
  const under = ' '.repeat(INDENT)
  return [
    `${head}${first}`,
    ...rest.map((line) => `${under}${line}`),
    ...advice.map((line, i) => `${under}${i === 0 ? '→' : ' '} ${line}`),
  ]
}

function summary(sections: readonly Section[], paper: Paper): string {
  const all = sections.flatMap(({ findings }) => findings)
  const of = (level: Level) => all.filter((finding) => finding.level === level).length
  const stops = all.filter(({ stops }) => stops).length
  const says =
    of('fault') === 0
      ? `nothing is in the way; ${count(of('note'), 'note')}`
      : `${count(of('fault'), 'fault')}, ${count(of('note'), 'note')}; ${stops === 0 ? 'habtwin starts all the same' : 'habtwin cannot start like this'}`
  return wrap(says, paper.width).join('\n')
}

/** Lines of at most so many characters, broken between words; a word that is longer stands whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

function paint(text: string, level: Level, { colour }: Paper): string {
  return colour ? styleText(COLOUR[level], text, { validateStream: false }) : text
}

function bold(text: string, { colour }: Paper): string {
  return colour ? styleText('bold', text, { validateStream: false }) : text
}
