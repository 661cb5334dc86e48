/** The habitat's own checklist for an alert, from Markdown, with steps that can be ticked. */
import { signal } from '@preact/signals'
import { useEffect, useState } from 'preact/hooks'
import { getText } from '../link/rest.ts'
import { type Block, type Inline, parseMarkdown } from '../model/markdown.ts'
import { Dialog } from './dialog.tsx'

/** The name of the checklist that is open. */
export const checklist = signal<string | undefined>(undefined)

function Words({ of }: { of: readonly Inline[] }) {
  return (
    <>
      {of.map(({ kind, text }, i) => {
        const key = `${i}${text}`
        if (kind === 'strong') return <strong key={key}>{text}</strong>
        if (kind === 'em') return <em key={key}>{text}</em>
        return kind === 'code' ? <code key={key}>{text}</code> : text
      })}
    </>
  )
}

function List({ block }: { block: Extract<Block, { kind: 'list' }> }) {
  const items = block.items.map((item, i) => (
    <li key={i} class={item.done === undefined ? '' : 'step'}>
      {item.done === undefined ? (
        <Words of={item.text} />
      ) : (
        <label>
          <input type="checkbox" defaultChecked={item.done} />
          <span>
            <Words of={item.text} />
          </span>
        </label>
      )}
    </li>
  ))
  return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>
}

function BlockView({ block }: { block: Block }) {
  if (block.kind === 'rule') return <hr />
  if (block.kind === 'list') return <List block={block} />
  if (block.kind === 'code') return <pre>{block.text}</pre>
  const words = <Words of={block.text} />
  if (block.kind === 'quote') return <blockquote>{words}</blockquote>
  if (block.kind === 'paragraph') return <p>{words}</p>
  return block.level < 3 ? <h3>{words}</h3> : <h4>{words}</h4>
}

export function ChecklistDialog({ name }: { name: string }) {
  const [blocks, setBlocks] = useState<readonly Block[]>()
  const [wrong, setWrong] = useState<string>()
  useEffect(() => {
    getText(`api/checklists/${encodeURIComponent(name)}`).then(
      (text) => setBlocks(parseMarkdown(text)),
      (error: unknown) => setWrong(error instanceof Error ? error.message : String(error)),
    )
  }, [name])
  return (
    <Dialog title="Checklist" wide onClose={() => (checklist.value = undefined)}>
      <div class="checklist" data-testid="checklist" data-checklist={name}>
        {wrong && (
          <p class="wrong">
            The checklist “{name}” cannot be shown: {wrong}. Use the paper copy.
          </p>
        )}
        {!wrong && !blocks && <p class="quiet">Fetching…</p>}
        {blocks?.map((block, i) => (
          <BlockView key={i} block={block} />
        ))}
      </div>
    </Dialog>
  )
}
