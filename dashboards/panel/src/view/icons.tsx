/** Signs drawn in the page's own colour. A level has a shape of its own, so that colour is never the only word. */
import type { Level } from '@habtwin/contract/alert'
import type { ComponentChildren } from 'preact'
import type { Trend } from '../model/trend.ts'

function Sign({ children, name }: { children: ComponentChildren; name: string }) {
  return (
    <svg class={`sign sign-${name}`} viewBox="0 0 24 24" aria-hidden="true">
      {children}
    </svg>
  )
}

const shapes: Readonly<Record<Level | 'nominal', ComponentChildren>> = {
  emergency: (
    <>
      <path class="fill" d="M8 1.5h8L22.5 8v8L16 22.5H8L1.5 16V8z" />
      <path class="cut" d="M12 6v7.5M12 17v.6" />
    </>
  ),
  warning: (
    <>
      <path class="fill" d="M12 1.5 23.5 22H.5z" />
      <path class="cut" d="M12 9v6M12 18.2v.4" />
    </>
  ),
  caution: (
    <>
      <path class="fill" d="M12 .8 23.2 12 12 23.2.8 12z" />
      <path class="cut" d="M12 7v6M12 16.4v.4" />
    </>
  ),
  advisory: (
    <>
      <circle class="fill" cx="12" cy="12" r="10.5" />
      <path class="cut" d="M12 11v6M12 7v.4" />
    </>
  ),
  nominal: (
    <>
      <circle class="ring" cx="12" cy="12" r="10" />
      <path class="line" d="m7 12.4 3.4 3.4L17 8.8" />
    </>
  ),
}

export function LevelSign({ level }: { level: Level | 'nominal' }) {
  return <Sign name={level}>{shapes[level] ?? shapes.emergency}</Sign>
}

const headings: Readonly<Record<Trend, string>> = {
  rising: 'M5 19 19 5M9 5h10v10',
  falling: 'M5 5l14 14M9 19h10V9',
  steady: 'M3 12h18M14 5l7 7-7 7',
}

export function TrendSign({ trend }: { trend: Trend }) {
  return (
    <svg class="trend" viewBox="0 0 24 24" role="img" aria-label={trend}>
      <path d={headings[trend]} />
    </svg>
  )
}

const glyphs = {
  sound: 'M4 9v6h4l5 4V5L8 9zM16.5 8.5a5 5 0 0 1 0 7M19 6a8.5 8.5 0 0 1 0 12',
  mute: 'M4 9v6h4l5 4V5L8 9zM17 9l5 6M22 9l-5 6',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z',
  sun: 'M12 7.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM12 1.5v2.5M12 20v2.5M1.5 12H4M20 12h2.5M4.6 4.6l1.8 1.8M17.6 17.6l1.8 1.8M4.6 19.4l1.8-1.8M17.6 6.4l1.8-1.8',
  eye: 'M1.5 12S5.500 5 12 5s10.500 7 10.500 7-4 7-10.500 7S1.500 12 1.500 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
  copy: 'M8 8h12v13H8zM5 16H3.500V3H15v2',
  person: 'M12 3.500a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.500 21c0-4.500 3-7 7.500-7s7.500 2.500 7.500 7',
  close: 'M5 5l14 14M19 5 5 19',
  large: 'M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7',
  small: 'M20 10h-6V4M14 10l6-6M4 14h6v6M10 14l-6 6',
  flask: 'M9 3h6M10 3v6L4.500 19a1.500 1.500 0 0 0 1.300 2h12.400a1.500 1.500 0 0 0 1.300-2L14 9V3M7.500 15h9',
  scope: 'M3 3v18h18M6 15c3 0 4-8 7-8s3 5 8 5',
  fork: 'M12 21v-8M12 13 5 6M12 13l7-7M5 11V6h5M14 6h5v5',
  home: 'M3 11.500 12 4l9 7.500M6 10v10h12V10',
  pen: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
  dish: 'M4 10a8.500 8.500 0 0 0 10 10zM9 15l5-5M14 5a5 5 0 0 1 5 5M14 1.500a8.500 8.500 0 0 1 8.500 8.500',
  report: 'M6 3h9l4 4v14H6zM14.500 3v5H19M9.500 12.500h6M9.500 16.500h6',
} as const

export type GlyphName = keyof typeof glyphs

export function Glyph({ of }: { of: GlyphName }) {
  return (
    <svg class="glyph" viewBox="0 0 24 24" aria-hidden="true">
      <path d={glyphs[of]} />
    </svg>
  )
}
