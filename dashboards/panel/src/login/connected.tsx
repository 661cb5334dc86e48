/** Who is connected to the habitat by MQTT, and how it is known who that is. */
import { signal } from '@preact/signals'
import { get } from '../link/rest.ts'
import { clock } from '../model/mission.ts'
import { timezone } from '../state.ts'
import { useEvery } from '../view/every.ts'
import { roleName } from './store.ts'

interface Connected {
  readonly count: number
  readonly clients: readonly {
    readonly client: string
    readonly name: string
    readonly role: string
    readonly via: string
    readonly from: string
    readonly since: number
    readonly node: string
  }[]
}

/** Asked for again so often, ms. */
const EVERY = 5_000
const connected = signal<Connected | undefined>(undefined)

async function look(): Promise<void> {
  try {
    connected.value = await get<Connected>('api/clients')
  } catch {
    connected.value = undefined // whoever may not see it, and while nobody answers
  }
}

const ways: Readonly<Record<string, string>> = {
  password: 'by password',
  token: 'by token',
  certificate: 'by certificate',
  session: 'at the panel',
  loopback: 'on this machine',
  socket: 'on this machine',
  network: 'from the network, without a login',
}

export function ConnectedCard() {
  useEvery(EVERY, look)
  const is = connected.value
  if (is === undefined || is.count === 0) return null
  return (
    <section class="card" aria-labelledby="lg-connected" data-testid="connected">
      <h2 id="lg-connected">Who is connected</h2>
      <table class="lg-connected">
        <thead>
          <tr>
            <th scope="col">Who</th>
            <th scope="col">As</th>
            <th scope="col">How</th>
            <th scope="col">Since</th>
          </tr>
        </thead>
        <tbody>
          {is.clients.map(({ client, name, role, via, from, since, node }) => (
            <tr key={`${node} ${client}`} data-client={client} data-role={role}>
              <th scope="row">
                {role === 'viewer' ? 'Somebody who has not logged in' : name}
                <span class="quiet">{client}</span>
              </th>
              <td>{roleName(role)}</td>
              <td>
                {ways[via] ?? via}
                {from !== '' && <span class="quiet">{from}</span>}
              </td>
              <td>{clock(since, timezone.value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {is.count > is.clients.length && <p class="quiet">And {is.count - is.clients.length} more.</p>}
    </section>
  )
}
