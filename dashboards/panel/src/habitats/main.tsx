/** The page of all habitats, at mission control. */
import { effect } from '@preact/signals'
import { render } from 'preact'
import { startLogin } from '../login/store.ts'
import { keepLooking, theme } from './state.ts'
import { Page } from './view.tsx'

effect(() => {
  document.documentElement.dataset.theme = theme.value
})

const root = document.getElementById('app')
if (root) {
  root.replaceChildren()
  render(<Page />, root)
}
startLogin()
void keepLooking()
