/** As much Markdown as a checklist needs, into plain blocks: nothing of it is ever taken for HTML. */

export type Inline = { readonly kind: 'text' | 'strong' | 'em' | 'code'; readonly text: string }

export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly text: readonly Inline[] }
  | { readonly kind: 'paragraph'; readonly text: readonly Inline[] }
  | { readonly kind: 'quote'; readonly text: readonly Inline[] }
  | { readonly kind: 'rule' }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly Item[] }

interface Item {
  readonly text: readonly Inline[]
  /** Undefined for an item that cannot be ticked. */
  readonly done?: boolean
}

const inlinePattern = /\*\*(.+?)\*\*|`([^`]+)`|\*([^*\s][^*]*)\*|_([^_\s][^_]*)_(?!\w)|\[([^\]]+)\]\([^)]*\)/g

/** Bold, emphasis and code of a line; of a link the words are kept, as the place may not exist aboard. */
function inline(line: string): Inline[] {
  const parts: Inline[] = []
  let from = 0
  for (const match of line.matchAll(inlinePattern)) {
    if (match.index > from) parts.push({ kind: 'text', text: line.slice(from, match.index) })
    const [whole, strong, code, star, underscore, link] = match
    if (strong !== undefined) parts.push({ kind: 'strong', text: strong })
    else if (code !== undefined) parts.push({ kind: 'code', text: code })
    else if (link !== undefined) parts.push({ kind: 'text', text: link })
    else parts.push({ kind: 'em', text: star ?? underscore ?? '' })
    from = match.index + whole.length
  }
  if (from < line.length) parts.push({ kind: 'text', text: line.slice(from) })
  return parts
}

const itemPattern = /^\s*(?:([-*+])|(\d+)[.)])\s+(?:\[([ xX])\]\s+)?(.*)$/

function listItem(match: RegExpExecArray): Item {
  const [, , , box, text = ''] = match
  return box === undefined ? { text: inline(text) } : { text: inline(text), done: box !== ' ' }
}

/** The blocks of a Markdown text. Never throws: what it does not know is a paragraph. */
export function parseMarkdown(source: string): Block[] {
  const lines = source.replaceAll('\r\n', '\n').split('\n')
  const blocks: Block[] = []
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? ''
    if (line.trim() === '') continue
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line)
    const item = itemPattern.exec(line)
    if (line.startsWith('```')) {
      const end = lines.findIndex((l, at) => at > i && l.startsWith('```'))
      const stop = end === -1 ? lines.length : end
      blocks.push({ kind: 'code', text: lines.slice(i + 1, stop).join('\n') })
      i = stop
    } else if (heading) {
      blocks.push({ kind: 'heading', level: heading[1]?.length ?? 1, text: inline(heading[2] ?? '') })
    } else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
      blocks.push({ kind: 'rule' })
    } else if (item) {
      const ordered = item[2] !== undefined
      const items: Item[] = []
      for (let next: RegExpExecArray | null = item; next && (next[2] !== undefined) === ordered; ) {
        items.push(listItem(next))
        next = itemPattern.exec(lines[++i] ?? '')
      }
      i--
      blocks.push({ kind: 'list', ordered, items })
    } else {
      const quote = line.startsWith('>')
      const text = [line]
      while (isPlain(lines[i + 1])) text.push(lines[++i] ?? '')
      const words = text.map((l) => (quote ? l.replace(/^>\s?/, '') : l).trim()).join(' ')
      blocks.push({ kind: quote ? 'quote' : 'paragraph', text: inline(words) })
    }
  }
  return blocks
}

function isPlain(line: string | undefined): boolean {
  return line !== undefined && line.trim() !== '' && !/^(#{1,6}\s|```)/.test(line) && !itemPattern.test(line)
}
