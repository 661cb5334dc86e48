/** The page of the link: each bridge, when there is contact, what waits and what has arrived, and the safety channel. */
import type { BridgeState } from '@habtwin/contract/bridge'
import { ConnectedCard } from '../login/connected.tsx'
import { span } from '../model/format.ts'
import { clock, clockSeconds, moment } from '../model/mission.ts'
import { about, connection, habitat, timezone } from '../state.ts'
import { AcrossCard } from './across.tsx'
import { Confirmations } from './confirm.tsx'
import { DevicesCards } from './devices.tsx'
import { budgetText, confirmedText, count, countdown, delayText, nextChange, standing, wayOf } from './model.ts'
import { SafetyCard } from './safety.tsx'
import { SentCard } from './sent.tsx'
import { isSimulated, linkNow, links, side } from './store.ts'
import { EmergencySwitch } from './switch.tsx'

const at = (t: number) => moment(t, linkNow.value, timezone.value)
const lanes = [
  ['urgent', 'Alerts, answers'],
  ['live', 'Live'],
  ['backlog', 'Backlog'],
] as const

function Lanes({ link }: { link: BridgeState }) {
  return (
    <table class="mi-lanes">
      <thead>
        <tr>
          <th scope="col">Lane</th>
          <th scope="col">Waits</th>
          <th scope="col">Oldest</th>
          <th scope="col">Crossed</th>
        </tr>
      </thead>
      <tbody>
        {lanes.map(([name, label]) => {
          const { waiting, sent, skipped, oldest } = link.lanes[name]
          return (
            <tr key={name} data-lane={name}>
              <th scope="row">{label}</th>
              <td>{count(waiting)}</td>
              <td>{waiting > 0 && oldest !== undefined ? span(linkNow.value - oldest) : '–'}</td>
              <td>
                {count(sent)}
                {skipped !== undefined && skipped > 0 && (
                  <span class="quiet"> ({count(skipped)} left to the backlog)</span>
                )}
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

function Contact({ link }: { link: BridgeState }) {
  const change = nextChange(link, linkNow.value)
  if (change === undefined) return null
  return (
    <p class="mi-contact" data-testid="contact" data-what={change.what}>
      <span class="mi-label">
        {change.what === 'AOS' ? 'Next contact (AOS)' : 'Contact ends (LOS)'} {at(change.at)}
      </span>
      <b aria-live="off">{countdown(change.at - linkNow.value)}</b>
    </p>
  )
}

/** Seconds where minutes would be the same. */
const soon = (t: number, by: number) => (by - linkNow.value < 600_000 ? clockSeconds(t, timezone.value) : at(t))

function Delay({ link }: { link: BridgeState }) {
  const way = wayOf(link, side.value, linkNow.value)
  if (!link.simulated && link.delay === 0) return null
  const off = link.emergency !== undefined
  const mars = link.plan?.delay === 'mars' && !off
  return (
    <div class="mi-delay">
      <span class="mi-label">
        One way{off ? '' : mars ? ', simulated: light from Mars' : link.simulated ? ', simulated' : ''}
      </span>
      <b>{delayText(link.delay)}</b>
      {way && (
        <span class="quiet" data-testid="way">
          Sent now it arrives at {soon(way.arrives, way.answer)}; earliest answer {soon(way.answer, way.answer)}
        </span>
      )}
    </div>
  )
}

function Bridge({ link }: { link: BridgeState }) {
  const { tone, words } = standing(link)
  const budget = budgetText(link)
  return (
    <section class="card mi-bridge" data-bridge={link.bridge} data-tone={tone} aria-labelledby={`mi-${link.bridge}`}>
      <header>
        <h2 id={`mi-${link.bridge}`}>{link.bridge}</h2>
        <p class="mi-state">
          <span class="dot" aria-hidden="true" />
          {words}
          <span class="quiet"> since {at(link.since)}</span>
        </p>
      </header>
      <div class="mi-figures">
        <Contact link={link} />
        <Delay link={link} />
      </div>
      <Lanes link={link} />
      <dl>
        <dt>Arrived there</dt>
        <dd data-testid="confirmed">{confirmedText(link)}</dd>
        <dt>Under way</dt>
        <dd>{count(link.inFlight)}</dd>
        {budget !== undefined && (
          <>
            <dt>Budget</dt>
            <dd>{budget}</dd>
          </>
        )}
        <dt>To</dt>
        <dd>
          {link.remote}{' '}
          <span class="quiet">({link.to === 'habtwin' ? 'habtwin: exactly once' : 'a broker: at least once'})</span>
        </dd>
      </dl>
      {linkNow.value - link.t > 60_000 && link.state !== 'down' && (
        <p class="quiet">Last told at {clock(link.t, timezone.value)}.</p>
      )}
    </section>
  )
}

/** Machines of this habitat that are there, and those that are not. */
function Nodes() {
  const nodes = [...habitat.value.nodes].sort(([a], [b]) => a.localeCompare(b))
  if (nodes.length === 0) return null
  return (
    <section class="card" aria-labelledby="mi-nodes">
      <h2 id="mi-nodes">Connected {side.value === 'crew' ? 'here' : 'there'}</h2>
      <ul class="mi-nodes">
        {nodes.map(([name, { state, t, version }]) => (
          <li key={name} data-tone={state === 'online' ? 'good' : 'bad'}>
            <span class="dot" aria-hidden="true" />
            <b>{name}</b>
            <span class="quiet">
              {state} since {at(t)}
              {version && `, habtwin ${version}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

export function LinkPage() {
  const all = links.value
  return (
    <div class="mi" data-testid="link-page">
      <header class="mi-head">
        <h2>Link to {side.value === 'crew' ? 'mission control' : 'the habitat'}</h2>
        {isSimulated.value && <EmergencySwitch />}
      </header>
      {about.value?.across && <AcrossCard />}
      <Confirmations />
      {side.value === 'mission-control' && <SentCard />}
      {all.length === 0 ? (
        <section class="card mi-none" data-testid="no-bridges">
          <h2>No link is configured</h2>
          <p>
            {connection.value === 'starting'
              ? 'Asking …'
              : 'A bridge carries everything to mission control: add it under `bridges:` in the configuration, as docs/mission-link.md says. What is said below stays in the habitat.'}
          </p>
        </section>
      ) : (
        <div class="mi-bridges">
          {all.map((link) => (
            <Bridge key={link.bridge} link={link} />
          ))}
        </div>
      )}
      <DevicesCards />
      <SafetyCard />
      <Nodes />
      <ConnectedCard />
    </div>
  )
}
