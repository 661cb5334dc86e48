/** On a habitat's own page at mission control: the way back to all of them, and how late one sees this one. */
import { TallyStrip } from '../mission/strip.tsx'
import type { About } from '../model/about.ts'
import { wall } from '../state.ts'
import { afarText } from './model.ts'

export function FromAfar({ about }: { about: About }) {
  const { afar } = about
  if (afar === undefined) return null
  const { words, isLost } = afarText(afar, wall.value)
  return (
    <nav class="ribbon" aria-label="Mission control" data-testid="afar" data-lost={isLost}>
      <a href="../../">All habitats</a>
      <span role="status">{words}</span>
      <TallyStrip />
    </nav>
  )
}
