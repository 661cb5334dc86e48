/** Where the viewer is: the part of the address after `#`, so that links can be shared and Back goes back. */
import { computed, signal } from '@preact/signals'

export const hash = signal(location.hash)

/** True for the scenario page; all other hashes are places on the habitat's. */
export const isScenarios = computed(() => /^#\/scenarios(?:$|[/?])/.test(hash.value))

addEventListener('hashchange', () => {
  hash.value = location.hash
})
