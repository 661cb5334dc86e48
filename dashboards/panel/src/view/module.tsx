/** One zone as a module: its hull and what is in it as a drawing, its figures in large type before that. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { ZoneAbout } from '../model/about.ts'
import { zoneLevel } from '../model/alerts.ts'
import { figure, habitat, quantities } from '../state.ts'
import { FigureView } from './figure.tsx'
import { Glyph } from './icons.tsx'
import { type Kind, Scene } from './scene.tsx'

function kindOf(id: string, zone: ZoneAbout): Kind {
  if (zone.plants !== undefined || /green|plant|garden|farm/.test(id)) return 'greenhouse'
  return /lung/.test(id) ? 'lung' : 'crew'
}

/** People in a zone: what is measured, else what is configured. */
function crewOf(id: string, zone: ZoneAbout): number | undefined {
  for (const point of ['crew', 'occupancy']) {
    const { value } = figure(id, point)
    if (value !== null) return Math.round(value)
  }
  return zone.crew
}

/** Lamps are drawn lit where light is measured, and where nothing is known about it. */
function lampsOf(id: string): boolean {
  const par = figure(id, 'par').value
  const light = figure(id, 'light').value
  return par !== null ? par > 20 : light === null || light > 200
}

function useSize() {
  const ref = useRef<HTMLElement>(null)
  const [size, setSize] = useState({ width: 0, height: 0 })
  useLayoutEffect(() => {
    const element = ref.current
    if (!element) return
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return { ref, ...size }
}

export function Module({ id, zone }: { id: string; zone: ZoneAbout }) {
  const { ref, width, height } = useSize()
  const kind = kindOf(id, zone)
  const crew = crewOf(id, zone)
  const [first, ...rest] = quantities
  const level = zoneLevel(habitat.value.alerts.values(), id)
  return (
    <article ref={ref} class={`module ${kind}`} data-zone={id} data-level={level ?? 'nominal'} aria-label={zone.label}>
      {width > 0 && <Scene kind={kind} width={width} height={height} crew={crew ?? 0} lamps={lampsOf(id)} />}
      <div class="inside">
        <header>
          <h2>{zone.label}</h2>
          {crew !== undefined && (
            <span class="crew" data-crew={crew}>
              <Glyph of="person" />
              {crew === 0 ? 'nobody' : `${crew} ${crew === 1 ? 'person' : 'people'}`}
            </span>
          )}
        </header>
        <FigureView zone={id} quantity={first} large />
        <div class="small-figures">
          {rest.map((quantity) => (
            <FigureView key={quantity} zone={id} quantity={quantity} />
          ))}
        </div>
      </div>
    </article>
  )
}
