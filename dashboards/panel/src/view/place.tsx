/**
 * Pages of their own, each fetched when somebody goes there: a crew that only looks at its habitat does not wait for
 * them.
 */
import { signal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'

type Fetched = { readonly Page: ComponentType } | { readonly failed: true } | undefined

/** A page's own styles, beside the script. Resolves when they hold, or cannot be had: the page is then plain. */
function styles(name: string): Promise<void> {
  const id = `${name}-styles`
  if (document.getElementById(id)) return Promise.resolve()
  const link = Object.assign(document.createElement('link'), { id, rel: 'stylesheet', href: `${name}.css` })
  return new Promise((resolve) => {
    link.addEventListener('load', () => resolve())
    link.addEventListener('error', () => {
      link.remove()
      resolve()
    })
    document.head.append(link)
  })
}

/**
 * A page that is fetched when it is first shown.
 * @param what it is, in words: `The page of scenarios`
 * @param style name of its style sheet, without `.css`
 */
function fetchedPlace(what: string, style: string, load: () => Promise<ComponentType>): ComponentType {
  const fetched = signal<Fetched>(undefined)
  const fetchPage = async () => {
    try {
      const [Page] = await Promise.all([load(), styles(style)])
      fetched.value = { Page }
    } catch {
      // habtwin is away, or it is another version now and this page's parts are gone with the old one
      fetched.value = { failed: true }
    }
  }
  return function Place() {
    const is = fetched.value
    useEffect(() => {
      if (is === undefined) void fetchPage()
    }, [is])
    if (is === undefined) return <p role="status">Fetching the page…</p>
    if ('Page' in is) return <is.Page />
    return (
      <p role="alert">
        {what} cannot be fetched now.{' '}
        <button type="button" onClick={() => location.reload()}>
          Load anew
        </button>
      </p>
    )
  }
}

/** By the page's name in the address. */
export const places: ReadonlyMap<string, ComponentType> = new Map([
  ['link', fetchedPlace('The page of the link', 'link', async () => (await import('../mission/page.tsx')).LinkPage)],
  ['report', fetchedPlace('The report', 'report', async () => (await import('../report/page.tsx')).ReportPage)],
  ['twin', fetchedPlace('The page of forecasts', 'twin', async () => (await import('../twin/view/twin.tsx')).TwinPage)],
  ['whatif', fetchedPlace('This page', 'twin', async () => (await import('../twin/view/twin.tsx')).WhatifPage)],
  [
    'scenarios',
    fetchedPlace(
      'The page of scenarios',
      'scenarios',
      async () => (await import('../scenarios/view/page.tsx')).ScenarioPage,
    ),
  ],
])
