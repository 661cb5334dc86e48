/** What the page itself cannot do at the moment, in words: the connection, a node, the last thing that failed. */
import { asked, complaint } from '../link/actions.ts'
import { MissionBanner } from '../mission/banner.tsx'
import { isSlow } from '../model/connection.ts'
import { span } from '../model/format.ts'
import { clock } from '../model/mission.ts'
import { unsetClock } from '../model/unset.ts'
import { about, connection, habitat, link, loginNeeded, silent, timezone, wall } from '../state.ts'
import { Glyph } from './icons.tsx'

function ConnectionBanner() {
  const state = connection.value
  if (state === 'offline') {
    return (
      <div class="banner bad" role="alert" data-testid="offline">
        <strong>Connection lost at {clock(link.value.seen, timezone.value)}, trying again.</strong> The figures below
        are old. Alarms on this page are silent: look at the instruments themselves.
      </div>
    )
  }
  if (state === 'starting' || state === 'reconnecting') return null
  if (silent.value > 0) {
    return (
      <div class="banner bad" role="alert" data-testid="silent">
        <strong>No new readings for {span(silent.value)}.</strong> The alarms may be silent too: look at the instruments
        themselves.
      </div>
    )
  }
  if (isSlow(link.value, wall.value)) {
    return (
      <div class="banner" data-testid="polling">
        The live line is away; figures are asked for every five seconds instead.
      </div>
    )
  }
  return null
}

function NodeBanner() {
  const gone = [...habitat.value.nodes].filter(([, node]) => node.state === 'offline')
  if (gone.length === 0 || connection.value === 'offline') return null
  return (
    <>
      {gone.map(([name, node]) => (
        <div class="banner bad" role="alert" key={name} data-node={name}>
          <strong>
            {name} is offline since {clock(node.t, timezone.value)}.
          </strong>{' '}
          Nothing new comes from its instruments until it is back.
        </div>
      ))}
    </>
  )
}

/** Times are estimates: what is read is kept, and placed when the clock is set. */
function ClockBanner() {
  const unset = unsetClock(habitat.value.nodes, about.value?.clock)
  if (unset === undefined || connection.value === 'offline') return null
  const { node, reason, waiting } = unset
  return (
    <div class="banner" role="status" data-testid="clock-unset">
      <span>
        <strong>Clock of {node} not set: times are estimates.</strong> Of its clock: {reason}. Figures are live.{' '}
        {waiting > 0 ? `${waiting.toLocaleString('en-GB')} readings wait` : 'Readings wait'} for their time; history and
        forecast go on without them until then.
      </span>
    </div>
  )
}

/** A changed configuration that has faults, or of which a part waits: what was there before goes on. */
function ConfigBanner() {
  const nodes = [...habitat.value.nodes].flatMap(([name, { config }]) => (config && config.state !== 'ok' ? [{ name, config }] : [])) // biome-ignore format: one thought
  if (connection.value === 'offline') return null
  return (
    <>
      {nodes.map(({ name, config: { state, file, faults = [], restart = [] } }) => (
        <div class="banner" role="status" key={name} data-testid="configuration" data-state={state}>
          {state === 'faulty' ? (
            <span>
              <strong>
                {`The changed configuration of ${name} has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}: nothing was changed.`}
              </strong>{' '}
              {faults.slice(0, 3).map(({ path, line, column, message }) => (
                <span key={`${path} ${line}`} class="fault">
                  {line === undefined ? '' : `Line ${line}, column ${column}: `}
                  {path}: {message}.{' '}
                </span>
              ))}
              <span class="quiet">{file}</span>
            </span>
          ) : (
            <span>
              <strong>Part of the changed configuration of {name} needs a restart of the gateway:</strong>{' '}
              {restart.join('; ')}
            </span>
          )}
        </div>
      ))}
    </>
  )
}

export function Banner() {
  return (
    <aside aria-label="What this page cannot do now">
      <ConnectionBanner />
      <MissionBanner />
      <NodeBanner />
      <ClockBanner />
      <ConfigBanner />
      {loginNeeded.value && (
        <div class="banner" role="alert">
          Your session has ended.
          <button type="button" onClick={() => (asked.value = { kind: 'login', proceed: () => {} })}>
            Log in
          </button>
        </div>
      )}
      {complaint.value && (
        <div class="banner" role="alert" data-testid="complaint">
          {complaint.value}
          <button type="button" class="plain" aria-label="Close" onClick={() => (complaint.value = undefined)}>
            <Glyph of="close" />
          </button>
        </div>
      )}
    </aside>
  )
}
