/** All habitats, one line each, the one first that wants to be looked at most; and what changed since. */
import { asked } from '../link/actions.ts'
import { LoginButton } from '../login/button.tsx'
import { LoginDialog } from '../login/dialog.tsx'
import { scaled, span } from '../model/format.ts'
import { clock, clockSeconds, isoDate } from '../model/mission.ts'
import { Glyph, LevelSign } from '../view/icons.tsx'
import {
  ageText,
  co2Scale,
  completeText,
  configText,
  deviceText,
  linkText,
  type Receiver,
  type Row,
  skewText,
  summary,
  thereNow,
  worstOf,
} from './model.ts'
import { Shift } from './shift.tsx'
import { fault, filter, look, now, only, order, receiver, rows, shown, theme, unit } from './state.ts'

/** Below this many, nobody looks for one. */
const MANY = 8

export function Page() {
  const who = receiver.value
  if (who === undefined) return <Starting />
  return (
    <>
      <Login />
      <Head who={who} />
      <main class={fault.value ? 'dimmed' : ''}>
        {rows.value.length === 0 ? <None /> : <Habitats />}
        <Shift timezone={who.timezone} />
      </main>
      <footer>
        <span>habtwin {who.version}</span>
        <a href="api/docs">REST API</a>
        <a href="api/habitats">Habitats as JSON</a>
        {who.processes > 1 && <span>shared by {who.processes} processes</span>}
      </footer>
    </>
  )
}

function Starting() {
  const wrong = fault.value
  return (
    <div class="boot">
      <p role="status">{wrong === undefined ? 'Asking mission control…' : 'No answer yet. Trying again.'}</p>
      {wrong?.needsLogin && (
        <button type="button" class="primary" onClick={() => (asked.value = { kind: 'login', proceed: () => {} })}>
          Log in
        </button>
      )}
      {wrong && <p class="quiet">{wrong.message}</p>}
      <Login />
    </div>
  )
}

function Login() {
  if (asked.value?.kind !== 'login') return null
  const close = () => {
    asked.value = undefined
  }
  const entered = () => {
    close()
    void look()
  }
  return <LoginDialog onClose={close} onLogin={entered} />
}

function Head({ who }: { who: Receiver }) {
  const worst = fault.value ? 'unknown' : worstOf(rows.value)
  const t = now.value
  const config = configText(who)
  return (
    <header class="top">
      {config !== undefined && (
        <div class="ribbon" role="status" data-testid="config">
          <strong>CONFIGURATION</strong> {config}
        </div>
      )}
      {!who.broker.up && (
        <div class="ribbon" role="alert" data-testid="broker-away">
          <strong>NO BROKER</strong> This receiver is not connected to its broker since{' '}
          {clock(who.broker.since, who.timezone)}: nothing is heard of any habitat.
        </div>
      )}
      <div class="bar">
        <div class="who">
          <h1>{who.label}</h1>
          <p class="times">
            <span>
              {isoDate(t, who.timezone)} {clockSeconds(t, who.timezone)} {who.timezone === 'UTC' ? 'UTC' : 'here'}
            </span>
            {who.timezone !== 'UTC' && <span>{clock(t, 'UTC')} UTC</span>}
          </p>
        </div>
        <p class="headline hb-headline" role="status" data-testid="headline" data-level={worst}>
          {worst !== 'unknown' && <LevelSign level={worst} />}
          <strong>{headline()}</strong>
        </p>
        <Tools />
      </div>
    </header>
  )
}

function headline(): string {
  if (fault.value) return 'mission control does not answer'
  return rows.value.length === 0 ? 'no habitats yet' : summary(rows.value)
}

const themes = { dark: 'red', red: 'light', light: 'dark' } as const
const glyphs = { dark: 'moon', red: 'eye', light: 'sun' } as const
const themeNames = { dark: 'Dark', red: 'Night vision', light: 'Light' } as const

function Tools() {
  return (
    <div class="tools">
      <LoginButton />
      <button
        type="button"
        class="tool word"
        title="Unit of CO₂"
        onClick={() => (unit.value = unit.value === 'ppm' ? 'mmHg' : 'ppm')}
      >
        {unit.value}
      </button>
      <button type="button" class="tool" data-testid="theme" onClick={() => (theme.value = themes[theme.value])}>
        <Glyph of={glyphs[theme.value]} />
        <span>{themeNames[theme.value]}</span>
      </button>
    </div>
  )
}

function None() {
  return (
    <section class="card hb-none" data-testid="none">
      <h2>Nothing was heard of any habitat yet</h2>
      <p>A gateway finds its way here by a bridge in its configuration. On this machine, give it a user of its own:</p>
      <pre>habtwin user add sam --role gateway --habitat sam --data DIR</pre>
      <p>In the habitat's configuration, with the password in the file that is named:</p>
      <pre>{`bridges:
  earth:
    url: mqtts://${location.hostname}:8883
    to: habtwin
    username: sam
    password_file: /run/secrets/earth`}</pre>
    </section>
  )
}

function Habitats() {
  const list = shown.value
  return (
    <section class="card habitats" aria-labelledby="habitats-title">
      <div class="hb-head">
        <h2 id="habitats-title">
          {rows.value.length} {rows.value.length === 1 ? 'habitat' : 'habitats'}
        </h2>
        {rows.value.length > MANY && (
          <input
            type="search"
            placeholder="Find"
            aria-label="Find a habitat by its name or what is wrong"
            value={filter.value}
            onInput={(event) => (filter.value = event.currentTarget.value)}
          />
        )}
        <fieldset class="hb-order" aria-label="Order">
          <button type="button" aria-pressed={order.value === 'urgency'} onClick={() => (order.value = 'urgency')}>
            Worst first
          </button>
          <button type="button" aria-pressed={order.value === 'name'} onClick={() => (order.value = 'name')}>
            By name
          </button>
        </fieldset>
      </div>
      <table class="hb" data-testid="habitats">
        <thead>
          <tr>
            <th scope="col">Habitat</th>
            <th scope="col">Alert</th>
            <th scope="col" class="hb-figure">
              CO₂
            </th>
            <th scope="col">Link</th>
            <th scope="col">Newest data</th>
            <th scope="col">Instruments</th>
            <th scope="col">Complete</th>
            <th scope="col">
              <span class="hb-hidden">Changes</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.map((row) => (
            <Line key={row.habitat} row={row} />
          ))}
        </tbody>
      </table>
      {list.length === 0 && <p class="quiet">None is called so.</p>}
    </section>
  )
}

function Line({ row }: { row: Row }) {
  const t = now.value
  const { alerts, link, devices, refused } = row
  const way = linkText(row, t, receiver.value?.timezone ?? 'UTC')
  const skew = skewText(row)
  const age = ageText(row, t)
  const complete = completeText(row)
  return (
    <tr data-habitat={row.habitat} data-link={link.state} data-level={alerts.worst ?? 'nominal'}>
      <th scope="row">
        <a href={`habitats/${row.habitat}/`}>{row.label}</a>
        <span class="quiet">
          {row.simulated && 'simulated · '}
          {row.habitat}
        </span>
      </th>
      <td class="hb-alert">
        {alerts.worst !== null && <LevelSign level={alerts.worst} />}
        <span>
          {alerts.worst === null ? <span class="quiet">no alert</span> : <b>{alerts.worst}</b>}
          {alerts.count > 1 && <span class="quiet"> + {alerts.count - 1} more</span>}
          {alerts.text && <span class="hb-more">{alerts.text}</span>}
          {refused && <span class="hb-more hb-refused">{refused}</span>}
        </span>
      </td>
      <td class="hb-figure">
        <Co2 row={row} />
      </td>
      <td class="hb-link">
        <span class="hb-dot" aria-hidden="true" />
        <span>
          {way.words}
          <span class="hb-more">{way.detail}</span>
          {skew !== '' && <span class="hb-more hb-refused">{skew}</span>}
        </span>
      </td>
      <td data-label="Newest data">
        {age.words}
        <span class="hb-more">{age.detail}</span>
      </td>
      <td data-label="Instruments" class={devices.down > 0 ? 'hb-down' : devices.stale > 0 ? 'hb-stale' : ''}>
        {deviceText(row)}
      </td>
      <td data-label="Complete">
        {complete.words}
        <span class="hb-more">{complete.detail}</span>
      </td>
      <td>
        <button
          type="button"
          class="plain"
          aria-label={`What changed at ${row.label}`}
          aria-pressed={only.value === row.habitat}
          onClick={() => (only.value = only.value === row.habitat ? undefined : row.habitat)}
        >
          <Glyph of="report" />
        </button>
      </td>
    </tr>
  )
}

function Co2({ row }: { row: Row }) {
  const { co2, link } = row
  if (co2 === null) return <span class="quiet">–</span>
  const scale = co2Scale(row, co2.unit, unit.value)
  const age = thereNow(row, now.value) - co2.t
  return (
    <span
      class={link.state === 'lost' || age - link.delay > 120_000 ? 'hb-old' : ''}
      title={`taken ${span(Math.max(0, age))} ago`}
    >
      {scaled(co2.value, scale)} <span class="quiet">{scale.unit}</span>
      <span class="hb-more">{co2.zone}</span>
    </span>
  )
}
