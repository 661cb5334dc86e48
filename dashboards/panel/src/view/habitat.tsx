/** The habitat, cut open: its zones side by side as modules that are joined. */
import type { About } from '../model/about.ts'
import { hourOfDay } from '../model/mission.ts'
import { habitat, now, timezone, zones } from '../state.ts'
import { Module } from './module.tsx'

function skyOf(hour: number): 'night' | 'dawn' | 'day' | 'dusk' {
  if (hour < 5 || hour >= 20.5) return 'night'
  if (hour < 7.5) return 'dawn'
  return hour < 18 ? 'day' : 'dusk'
}

export function HabitatDrawing({ about }: { about: About }) {
  const sky = skyOf(hourOfDay(now.value, timezone.value))
  const count = zones.value.size
  return (
    <section
      id="habitat"
      class="habitat"
      data-sky={sky}
      data-testid="habitat"
      aria-label={`${about.habitat.label}, its zones`}
    >
      {habitat.value.infos.size === 0 && (
        <p class="empty" data-testid="no-devices">
          {about.afar === undefined ? (
            <>
              <strong>No devices yet.</strong> They appear here by themselves as soon as the gateway has one.
            </>
          ) : (
            <>
              <strong>Nothing has arrived yet.</strong> What the habitat says now is here after the time of the link.
            </>
          )}
        </p>
      )}
      <div class={`modules of-${Math.min(count, 4)}`}>
        {[...zones.value].map(([id, zone]) => (
          <Module key={id} id={id} zone={zone} />
        ))}
      </div>
    </section>
  )
}
