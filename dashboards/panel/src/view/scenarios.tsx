/** The page of scenarios, fetched when somebody goes there: a crew that only looks at its habitat does not wait for it. */
import { signal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'

type Fetched = { readonly Page: ComponentType } | { readonly failed: true } | undefined

const fetched = signal<Fetched>(undefined)

/** The page's own styles, beside the script. Resolves when they hold, or cannot be had: the page is then plain. */
function styles(): Promise<void> {
  const id = 'scenario-styles'
  if (document.getElementById(id)) return Promise.resolve()
  const link = Object.assign(document.createElement('link'), { id, rel: 'stylesheet', href: 'scenarios.css' })
  return new Promise((resolve) => {
    link.addEventListener('load', () => resolve())
    link.addEventListener('error', () => {
      link.remove()
      resolve()
    })
    document.head.append(link)
  })
}

async function fetchPage(): Promise<void> {
  try {
    const [{ ScenarioPage }] = await Promise.all([import('../scenarios/view/page.tsx'), styles()])
    fetched.value = { Page: ScenarioPage }
  } catch {
    // habtwin is away, or it is another version now and this page's parts are gone with the old one
    fetched.value = { failed: true }
  }
}

export function ScenarioPlace() {
  const is = fetched.value
  useEffect(() => {
    if (is === undefined) void fetchPage()
  }, [is])
  if (is === undefined) return <p role="status">Fetching the scenarios…</p>
  if ('Page' in is) return <is.Page />
  return (
    <p role="alert">
      The page of scenarios cannot be fetched now.{' '}
      <button type="button" onClick={() => location.reload()}>
        Load anew
      </button>
    </p>
  )
}
