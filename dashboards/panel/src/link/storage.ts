/** What this viewer chose, kept in this browser; a browser that forbids it simply forgets. */
import { effect, type Signal, signal } from '@preact/signals'

function read(key: string): string | null {
  try {
    return localStorage.getItem(`habtwin.${key}`)
  } catch {
    return null
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(`habtwin.${key}`, value)
  } catch {
    // Private windows and full disks: the choice then holds until the page is closed.
  }
}

/** A signal of one of some words that outlives the page. */
export function keptChoice<T extends string>(key: string, choices: readonly T[], first: T): Signal<T> {
  const known = read(key)
  const kept = signal(choices.find((choice) => choice === known) ?? first)
  effect(() => write(key, kept.value))
  return kept
}

/** A signal of free text that outlives the page. */
export function keptText(key: string): Signal<string> {
  const kept = signal(read(key) ?? '')
  effect(() => write(key, kept.value))
  return kept
}
