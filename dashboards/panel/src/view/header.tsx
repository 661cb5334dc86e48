/** The line that a tired person reads first: which habitat, is all well, what time is it, is this live. */
import { LogButton } from '../events/button.tsx'
import { FromAfar } from '../habitats/afar.tsx'
import { toggleSound, unlocked, wanted } from '../link/sound.ts'
import { LoginButton } from '../login/button.tsx'
import type { About } from '../model/about.ts'
import { counts, worst } from '../model/alerts.ts'
import type { Connection } from '../model/connection.ts'
import { clock, clockSeconds, elapsed, isoDate, sol } from '../model/mission.ts'
import { connection, habitat, link, now, silent, theme, timezone, units } from '../state.ts'
import { Glyph, LevelSign } from './icons.tsx'
import { Pages } from './nav.tsx'
import { Ribbon } from './ribbon.tsx'

const connectionWords: Readonly<Record<Connection, string>> = {
  starting: 'connecting',
  live: 'live',
  polling: 'every 5 s',
  reconnecting: 'reconnecting',
  offline: 'offline',
}

/** At mission control: what is missing of the signal; undefined where it is there, and in the habitat itself. */
function signalGone({ afar }: About): string | undefined {
  return afar?.state === 'lost' ? 'loss of signal' : afar?.state === 'late' ? 'no signal' : undefined
}

function ConnectionPill({ about }: { about: About }) {
  const state = connection.value
  const gone = signalGone(about) && 'no signal'
  // A line on which nothing comes is not live, whatever it says of itself.
  if ((gone || silent.value > 0) && (state === 'live' || state === 'polling')) {
    return (
      <span class="pill" data-testid="connection" data-connection="silent">
        <span class="dot" aria-hidden="true" />
        {gone ?? 'no readings'}
      </span>
    )
  }
  const since = state === 'offline' ? ` since ${clock(link.value.seen, timezone.value)}` : ''
  return (
    <span class="pill" data-testid="connection" data-connection={state}>
      <span class="dot" aria-hidden="true" />
      {connectionWords[state]}
      {since}
    </span>
  )
}

function Headline({ about }: { about: About }) {
  const alerts = [...habitat.value.alerts.values()]
  const gone = connection.value === 'offline'
  const level = worst(alerts)
  const empty = habitat.value.readings.size === 0
  // Nominal is what is measured, not what is left over when nothing is.
  const unknown = empty ? 'no readings yet' : (signalGone(about) ?? (silent.value > 0 ? 'no new readings' : undefined))
  const state = gone ? 'connection lost' : (counts(alerts) ?? unknown ?? 'all nominal')
  const day = about.mission && !gone ? `${sol(now.value, about.mission)} · ` : ''
  return (
    <p
      class="headline"
      role="status"
      data-testid="headline"
      data-level={gone ? 'unknown' : (level ?? (unknown ? 'unknown' : 'nominal'))}
    >
      {!gone && (level || !unknown) && <LevelSign level={level ?? 'nominal'} />}
      <strong>{state}</strong>
      <span class="when" aria-live="off">
        {day}
        {clock(now.value, timezone.value)}
      </span>
    </p>
  )
}

function Times({ about }: { about: About }) {
  const t = now.value
  return (
    <p class="times" data-testid="times">
      <span>
        {isoDate(t, timezone.value)} {clockSeconds(t, timezone.value)} here
      </span>
      <span>
        {clock(t, 'UTC')} UTC{about.mission && ` · ${elapsed(t, about.mission)}`}
      </span>
    </p>
  )
}

function SoundButton() {
  const on = wanted.value === 'on' && unlocked.value
  return (
    <button
      type="button"
      class="tool"
      aria-pressed={on}
      aria-label={`Sound ${on ? 'on' : 'off'}${!on && wanted.value !== 'off' ? ': tap to enable' : ''}`}
      data-testid="sound"
      onClick={() => void toggleSound()}
    >
      <Glyph of={on ? 'sound' : 'mute'} />
      <span>
        Sound {on ? 'on' : 'off'}
        {!on && wanted.value !== 'off' && <small>: tap to enable</small>}
      </span>
    </button>
  )
}

const themes = [
  { name: 'dark', label: 'Dark', glyph: 'moon' },
  { name: 'red', label: 'Night vision', glyph: 'eye' },
  { name: 'light', label: 'Light', glyph: 'sun' },
] as const

function ThemeButton() {
  const at = themes.findIndex(({ name }) => name === theme.value)
  const current = themes[at] ?? themes[0]
  const next = themes[(at + 1) % themes.length] ?? themes[0]
  return (
    <button
      type="button"
      class="tool"
      data-testid="theme"
      title={`Change to ${next.label.toLowerCase()}`}
      onClick={() => (theme.value = next.name)}
    >
      <Glyph of={current.glyph} />
      <span>{current.label}</span>
    </button>
  )
}

function UnitButtons() {
  const { co2, temperature } = units
  return (
    <>
      <button
        type="button"
        class="tool word"
        data-testid="unit-co2"
        title="Unit of CO₂"
        onClick={() => (co2.value = co2.value === 'ppm' ? 'mmHg' : 'ppm')}
      >
        {co2.value}
      </button>
      <button
        type="button"
        class="tool word"
        data-testid="unit-temperature"
        title="Unit of temperature"
        onClick={() => (temperature.value = temperature.value === 'Cel' ? '[degF]' : 'Cel')}
      >
        {temperature.value === 'Cel' ? '°C' : '°F'}
      </button>
    </>
  )
}

export function Header({ about }: { about: About }) {
  return (
    <header class="top">
      <FromAfar about={about} />
      <Ribbon about={about} />
      <div class="bar">
        <div class="who">
          <h1>{about.habitat.label}</h1>
          <Times about={about} />
        </div>
        <Headline about={about} />
        <div class="tools">
          <ConnectionPill about={about} />
          <LogButton />
          <SoundButton />
          <LoginButton />
          <UnitButtons />
          <ThemeButton />
        </div>
      </div>
      <Pages />
    </header>
  )
}
