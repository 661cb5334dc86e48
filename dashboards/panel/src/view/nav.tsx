/** The way to the other pages. */
import { lastOf, page } from '../link/route.ts'
import { Glyph, type GlyphName } from './icons.tsx'

interface Way {
  /** In the address; empty for the habitat. */
  readonly name: string
  readonly label: string
  readonly glyph: GlyphName
}

const ways: readonly Way[] = [
  { name: '', label: 'Habitat', glyph: 'home' },
  { name: 'twin', label: 'Forecasts', glyph: 'scope' },
  { name: 'whatif', label: 'What if', glyph: 'fork' },
  { name: 'scenarios', label: 'Scenarios', glyph: 'flask' },
  { name: 'report', label: 'Report', glyph: 'report' },
  { name: 'link', label: 'Link', glyph: 'dish' },
]

export function Pages() {
  return (
    <nav class="pages" aria-label="Pages" data-testid="pages">
      {ways.map(({ name, label, glyph }) => (
        <a
          key={name}
          href={lastOf.value.get(name) ?? `#/${name}`}
          aria-current={page.value === name ? 'page' : undefined}
          data-testid={`to-${name === '' ? 'habitat' : name}`}
        >
          <Glyph of={glyph} />
          {label}
        </a>
      ))}
    </nav>
  )
}
