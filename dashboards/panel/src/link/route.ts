/** Where the viewer is: the part of the address after `#`, so that links can be shared and Back goes back. */
import { computed, effect, signal } from '@preact/signals'

export const hash = signal(location.hash)

/** The page's name, `twin` of `#/twin?zone=crew`; empty for the habitat's own, of which all other hashes are places. */
export const page = computed(() => /^#\/([a-z-]+)(?:$|[/?])/.exec(hash.value)?.[1] ?? '')

/** True for the scenario page. */
export const isScenarios = computed(() => page.value === 'scenarios')

/** Where the viewer was on each page last, by its name: who looks at the habitat in between comes back to the same. */
export const lastOf = signal<ReadonlyMap<string, string>>(new Map())

effect(() => {
  if (page.value !== '') lastOf.value = new Map(lastOf.peek()).set(page.value, hash.value)
})

addEventListener('hashchange', () => {
  hash.value = location.hash
})
