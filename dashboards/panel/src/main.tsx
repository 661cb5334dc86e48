/** The panel: the state is kept true by `startSync`, and drawn by `App`. */
import { effect } from '@preact/signals'
import { render } from 'preact'
import { startQueue } from './events/queue.ts'
import { learn, startEvents } from './events/store.ts'
import { startSound } from './link/sound.ts'
import { startSync } from './link/sync.ts'
import { startLogin } from './login/store.ts'
import { startMission } from './mission/store.ts'
import { theme } from './state.ts'
import { App } from './view/app.tsx'

effect(() => {
  document.documentElement.dataset.theme = theme.value
})

const root = document.getElementById('app')
if (root) {
  root.replaceChildren()
  render(<App />, root)
}
startSound()
startEvents()
startMission()
startLogin()
startQueue((event) => learn([event]))
startSync().catch((error: unknown) => {
  // Only a mistake of ours ends the loop; the figures then grow stale, and say so.
  console.error(error)
})
