/** What has arrived on the other side, device by device: asked for while somebody looks. */
import type { LinkDevices } from '@habtwin/contract/link-devices'
import { signal } from '@preact/signals'
import { get } from '../link/rest.ts'
import { share } from '../model/format.ts'
import { moment } from '../model/mission.ts'
import { timezone } from '../state.ts'
import { useEvery } from '../view/every.ts'
import { count } from './model.ts'
import { linkNow, side } from './store.ts'

interface Gap {
  readonly from: number
  readonly to: number
  readonly count?: number
  readonly reason?: string
}

/** One line: of what a device took, how much is there, and what will never come. */
interface Line {
  readonly device: string
  readonly taken: number
  readonly there: number
  readonly lost: number
  readonly gaps: readonly Gap[]
}

interface Stored {
  readonly device: string
  readonly taken: number
  readonly stored: number
  readonly gaps: readonly Gap[]
}

/** Asked for again so often, ms: the gateway counts as often. */
const EVERY = 10_000
/** Of so many devices all are shown; of more, only those of which something is missing. */
const FEW = 12
const tables = signal<readonly { readonly title: string; readonly lines: readonly Line[] }[]>([])

async function look(): Promise<void> {
  try {
    tables.value = side.value === 'crew' ? await crossed() : await stored()
  } catch {
    // the page says elsewhere that nobody answers; what was there stays
  }
}

async function crossed() {
  const bridges = await get<LinkDevices[]>('api/link/devices')
  return bridges.map(({ bridge, devices, unknown = [] }) => {
    const lines = Object.entries(devices).map(([device, { taken, confirmed, lost, gaps = [] }]): Line => {
      return { device, taken, there: confirmed, lost, gaps }
    })
    const nobodys = unknown.reduce((n, gap) => n + gap.count, 0)
    if (nobodys > 0) lines.push({ device: 'of nobody knows which', taken: nobodys, there: 0, lost: nobodys, gaps: unknown }) // biome-ignore format: one thought
    return { title: `Arrived by ${bridge}, by device`, lines }
  })
}

async function stored() {
  const devices = await get<Stored[]>('api/completeness')
  const lines = devices.map(({ device, taken, stored, gaps }): Line => {
    const lost = gaps.reduce((n, gap) => n + (gap.count ?? 0), 0)
    return { device, taken, there: stored, lost, gaps }
  })
  return lines.length === 0 ? [] : [{ title: 'Stored here, by device', lines }]
}

const at = (t: number) => moment(t, linkNow.value, timezone.value)

function GapLine({ gap: { from, to, count: n, reason } }: { gap: Gap }) {
  const what = n === undefined ? '' : `${count(n)} `
  const when = from === to ? at(from) : `${at(from)} to ${at(to)}`
  return (
    <li>
      {what}
      {when}
      {reason !== undefined && `: ${reason}`}
    </li>
  )
}

function Device({ line: { device, taken, there, lost, gaps } }: { line: Line }) {
  const comes = Math.max(0, taken - there - lost)
  return (
    <tr data-device={device}>
      <th scope="row">{device}</th>
      <td>{count(taken)}</td>
      <td>{share(there, taken)}</td>
      <td>{comes > 0 ? count(comes) : '–'}</td>
      <td>
        {lost > 0 || gaps.length > 0 ? (
          <ul class="mi-gaps">
            {gaps.map((gap) => (
              <GapLine key={`${gap.from} ${gap.to}`} gap={gap} />
            ))}
          </ul>
        ) : (
          'none'
        )}
      </td>
    </tr>
  )
}

/** Of each bridge, or at mission control of the habitat, a table. */
export function DevicesCards() {
  useEvery(EVERY, look)
  return (
    <>
      {tables.value.map(({ title, lines }) => {
        const missing = lines.filter(({ taken, there }) => there < taken)
        const shown = lines.length <= FEW ? lines : missing
        return (
          <section class="card" key={title} aria-label={title} data-testid="link-devices">
            <h2>{title}</h2>
            {shown.length === 0 ? (
              <p class="quiet">All {count(lines.length)} devices are complete.</p>
            ) : (
              <div class="mi-devices">
                <table class="mi-lanes">
                  <thead>
                    <tr>
                      <th scope="col">Device</th>
                      <th scope="col">Taken</th>
                      <th scope="col">{side.value === 'crew' ? 'There' : 'Here'}</th>
                      <th scope="col">To come</th>
                      <th scope="col">Never comes</th>
                    </tr>
                  </thead>
                  <tbody>
                    {shown.map((line) => (
                      <Device key={line.device} line={line} />
                    ))}
                  </tbody>
                </table>
              </div>
            )}
            {shown.length > 0 && shown.length < lines.length && (
              <p class="quiet">The other {count(lines.length - shown.length)} are complete.</p>
            )}
          </section>
        )
      })}
    </>
  )
}
