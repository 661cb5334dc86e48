/**
 * The page from top to bottom: what is wrong, how it stands, where it is heading, and how one joins in. On the other
 * pages too the head and the alerts stay: whoever plans must not miss an alarm.
 */
import { Controls } from '../controls/card.tsx'
import { page } from '../link/route.ts'
import { Confirmations } from '../mission/confirm.tsx'
import { about, habitat, loginNeeded } from '../state.ts'
import { ActiveAlerts, AlertHistory } from './alerts.tsx'
import { Banner } from './banner.tsx'
import { ChartSection } from './chart.tsx'
import { Connect } from './connect.tsx'
import { Devices } from './devices.tsx'
import { Dialogs } from './dialogs.tsx'
import { Disturb } from './disturb.tsx'
import { HabitatDrawing } from './habitat.tsx'
import { Header } from './header.tsx'
import { OutlookTiles } from './outlook.tsx'
import { places } from './place.tsx'
import { Starting } from './starting.tsx'

export function App() {
  const known = about.value
  if (known === undefined) {
    return (
      <>
        <Starting />
        <Dialogs />
      </>
    )
  }
  const Place = places.get(page.value)
  if (Place !== undefined) {
    return (
      <>
        <Header about={known} />
        <Banner />
        <main class={loginNeeded.value ? 'dimmed' : ''}>
          <ActiveAlerts brief />
          <Place />
        </main>
        <Dialogs />
      </>
    )
  }
  const demo = known.disturb !== undefined
  const isEmpty = habitat.value.infos.size === 0
  // at mission control nothing is connected to it
  const isHere = known.afar === undefined
  return (
    <>
      <a class="skip" href="#habitat">
        Skip to the habitat
      </a>
      <Header about={known} />
      <Banner />
      <main class={loginNeeded.value ? 'dimmed' : ''}>
        <ActiveAlerts />
        <Confirmations />
        {isEmpty && isHere && <Connect about={known} />}
        {!isEmpty && <OutlookTiles about={known} />}
        <HabitatDrawing about={known} />
        {!isEmpty && (
          <div class={demo ? 'columns' : ''}>
            <ChartSection />
            {known.disturb && <Disturb device={known.disturb.device} points={known.disturb.points} />}
          </div>
        )}
        <Controls />
        <Devices />
        <AlertHistory />
        {!isEmpty && isHere && <Connect about={known} />}
      </main>
      <footer>
        <span>habtwin {known.version}</span>
        <a href="api/docs">REST API</a>
        <a href="api/devices">Devices as JSON</a>
      </footer>
      <Dialogs />
    </>
  )
}
