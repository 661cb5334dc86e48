/** A sign a kind of event, in the page's own colour. */
import type { EventKind } from '@habtwin/contract/event-words'

const paths: Readonly<Record<EventKind, string>> = {
  hatch: 'M5 3h14v18H5zM15.5 12v.01M3 21h18',
  eva: 'M12 3a5 5 0 0 1 5 5v2a5 5 0 0 1-10 0V8a5 5 0 0 1 5-5M8 8h8M5 21v-2a5 5 0 0 1 5-4h4a5 5 0 0 1 5 4v2',
  exercise: 'M3 9v6M6 7v10M18 7v10M21 9v6M6 12h12',
  crew: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14a6.5 6.5 0 0 1 3.5 6',
  blower: 'M3 9h11a3 3 0 1 0-3-3M3 14h15a3 3 0 1 1-3 3M3 19h5',
  valve: 'M4 8v10l8-5zM20 8v10l-8-5zM12 13V5M8.5 5h7',
  manual: 'M12 21a9 9 0 1 1 9-9M12 12l4-4M5 16h2M17 16h2M12 5v1.5',
  note: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
}

export function KindSign({ kind }: { kind: EventKind }) {
  return (
    <svg class="glyph" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[kind]} />
    </svg>
  )
}
