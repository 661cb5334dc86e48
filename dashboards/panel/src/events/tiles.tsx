/** A tile a kind: what is logged most is one tap, what needs a figure or words has a field. */
import { type EventKind, eventKind } from '@habtwin/contract/event-words'
import { isPoint, pointInfo } from '@habtwin/contract/points'
import { ucum } from '@habtwin/contract/units'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { moment } from '../model/mission.ts'
import { habitat, now, timezone, zones } from '../state.ts'
import { fault, hatchTo, pickHatch, type Said, say, zone, zoneLabel } from './entry.ts'
import { holding } from './holding.ts'
import { KindSign } from './icons.tsx'
import { standing } from './store.ts'

/** What was said last, so that nobody has to remember whether the hatch was closed. */
function Last({ kind, to }: { kind: EventKind; to?: string | undefined }) {
  const where = zone.value === undefined ? {} : { zone: zone.value }
  const said = holding(standing.value, { kind, ...where, ...(to === undefined ? {} : { to }) }, now.value)
  if (said === undefined) return null
  const { value = 0 } = said
  const flow = said.unit === undefined ? undefined : `${value} ${ucum(said.unit)}`
  const words =
    kind === 'hatch' || kind === 'valve'
      ? value === 0
        ? 'closed'
        : 'open'
      : kind === 'blower'
        ? value === 0
          ? 'off'
          : 'on'
        : value
  return (
    <small>
      {value === 0 ? words : (flow ?? words)} since {moment(said.t, now.value, timezone.value)}
    </small>
  )
}

interface TileProps {
  readonly kind: EventKind
  readonly children: ComponentChildren
  readonly wide?: boolean
  /** Of a hatch: where it leads. */
  readonly to?: string | undefined
}

function Tile({ kind, children, to, wide = false }: TileProps) {
  return (
    <fieldset class={wide ? 'ev-tile wide' : 'ev-tile'} data-kind={kind}>
      <legend>
        <KindSign kind={kind} />
        {eventKind[kind].label}
        {!wide && <Last kind={kind} to={to} />}
      </legend>
      <div class="ev-acts">{children}</div>
    </fieldset>
  )
}

function Tap({ kind, said, children }: { kind: EventKind; said: Said; children: ComponentChildren }) {
  return (
    <button
      type="button"
      class="ev-tap"
      data-log={`${kind}-${said.value}`}
      aria-label={`${eventKind[kind].label}: ${children}`}
      onClick={() => say(kind, said)}
    >
      {children}
    </button>
  )
}

/** The figure in a field; undefined where there is none. Decimal commas are taken. */
function numberOf(text: string): number | undefined {
  const value = Number(text.trim().replace(',', '.'))
  return text.trim() === '' || !Number.isFinite(value) ? undefined : value
}

function Hatch() {
  const others = [...zones.value.keys()].filter((id) => id !== zone.value)
  const to = hatchTo.value === '' ? {} : { to: hatchTo.value }
  return (
    <Tile kind="hatch" {...to}>
      {others.length > 0 && (
        <select
          aria-label="The hatch leads to"
          value={hatchTo.value}
          onChange={(event) => pickHatch(event.currentTarget.value)}
        >
          <option value="">to the outside</option>
          {others.map((id) => (
            <option key={id} value={id}>
              to {zoneLabel(id)}
            </option>
          ))}
        </select>
      )}
      <Tap kind="hatch" said={{ value: 1, ...to }}>
        Open
      </Tap>
      <Tap kind="hatch" said={{ value: 0, ...to }}>
        Closed
      </Tap>
    </Tile>
  )
}

/** Runs or not, or at a flow. */
function Flow({ kind, on, off }: { kind: 'blower' | 'valve'; on: string; off: string }) {
  const [text, setText] = useState('')
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const value = numberOf(text)
    if (value === undefined) fault.value = 'Not logged. The flow is no number.'
    else if (say(kind, { value, unit: 'm3/h' })) setText('')
  }
  return (
    <Tile kind={kind}>
      <Tap kind={kind} said={{ value: 1 }}>
        {on}
      </Tap>
      <Tap kind={kind} said={{ value: 0 }}>
        {off}
      </Tap>
      <form class="ev-field" onSubmit={submit}>
        <input
          inputMode="decimal"
          aria-label={`Flow of the ${kind}, m³/h`}
          placeholder="flow"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <span>m³/h</span>
        {text !== '' && <button type="submit">Log</button>}
      </form>
    </Tile>
  )
}

/** As many as live here, and some who may visit. */
function Crew() {
  const most = Math.max(4, ...[...zones.value.values()].map(({ crew = 0 }) => crew)) + 2
  return (
    <Tile kind="crew">
      {Array.from({ length: most + 1 }, (_, n) => (
        <Tap key={n} kind="crew" said={{ value: n }}>
          {n}
        </Tap>
      ))}
    </Tile>
  )
}

/** Meters that people read most, where no instrument does. */
const meters: readonly (readonly [point: string, unit: string, label: string])[] = [
  ['water-meter', 'L', 'Water meter'],
  ['water-tank', 'L', 'Water tank'],
  ...(['energy', 'co2', 'o2', 'temperature', 'humidity', 'pressure', 'level', 'mass', 'charge', 'power'] as const).map(
    (point) => [point, pointInfo(point).unit, pointInfo(point).label] as const,
  ),
]

function Meter() {
  const [point, setPoint] = useState('')
  const [text, setText] = useState('')
  const known = new Set(meters.map(([name]) => name))
  const more = [...habitat.value.infos.values()].flatMap(({ points }) =>
    Object.entries(points).flatMap(([name, { unit, label }]) => {
      if (known.has(name) || isPoint(name)) return []
      known.add(name)
      return [[name, unit, label ?? name] as const]
    }),
  )
  const choices = [...meters, ...more]
  const [name = '', unit = '', label = ''] = choices.find(([one]) => one === point) ?? choices[0] ?? []
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const value = numberOf(text)
    if (value === undefined) fault.value = `Not logged. “${text}” is no number.`
    else if (say('manual', { point: name, unit, value })) setText('')
  }
  return (
    <Tile kind="manual" wide>
      <form class="ev-field" onSubmit={submit}>
        <select aria-label="What was read" value={name} onChange={(event) => setPoint(event.currentTarget.value)}>
          {choices.map(([one, , words]) => (
            <option key={one} value={one}>
              {words}
            </option>
          ))}
        </select>
        <input
          inputMode="decimal"
          aria-label={`${label}, ${ucum(unit)}`}
          placeholder="reads"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <span>{ucum(unit)}</span>
        <button type="submit" class="ev-tap">
          Log
        </button>
      </form>
    </Tile>
  )
}

function Note() {
  const [text, setText] = useState('')
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (say('note', { text: text.trim() })) setText('')
  }
  return (
    <Tile kind="note" wide>
      <form class="ev-field" onSubmit={submit}>
        <textarea
          aria-label="Note"
          rows={2}
          maxLength={2_000}
          placeholder="What happened"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" class="ev-tap">
          Log
        </button>
      </form>
    </Tile>
  )
}

export function Tiles() {
  return (
    <div class="ev-tiles">
      <Hatch />
      <Tile kind="eva">
        <Tap kind="eva" said={{ value: 1 }}>
          1 out
        </Tap>
        <Tap kind="eva" said={{ value: 2 }}>
          2 out
        </Tap>
        <Tap kind="eva" said={{ value: 0 }}>
          All back
        </Tap>
      </Tile>
      <Crew />
      <Tile kind="exercise">
        <Tap kind="exercise" said={{ value: 1 }}>
          1 begins
        </Tap>
        <Tap kind="exercise" said={{ value: 2 }}>
          2 begin
        </Tap>
        <Tap kind="exercise" said={{ value: 0 }}>
          Over
        </Tap>
      </Tile>
      <Flow kind="blower" on="On" off="Off" />
      <Flow kind="valve" on="Open" off="Closed" />
      <Meter />
      <Note />
    </div>
  )
}
