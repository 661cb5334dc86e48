/** Where the viewer is: the part of the address after `#`, so that links can be shared and Back goes back. */
import { computed, effect, signal } from '@preact/signals'

export const hash = signal(location.hash)

/** True for the scenario page; all other hashes are places on the habitat's. */
export const isScenarios = computed(() => /^#\/scenarios(?:$|[/?])/.test(hash.value))

/** Where the viewer was on the scenario page last: who looks at the habitat in between comes back to the same. */
export const lastScenarios = signal('#/scenarios')

effect(() => {
  if (isScenarios.value) lastScenarios.value = hash.value
})

addEventListener('hashchange', () => {
  hash.value = location.hash
})
