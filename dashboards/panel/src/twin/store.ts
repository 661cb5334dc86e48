/** The what-if that is asked: what is wished, and what came back. Kept for as long as the page is open. */
import type { WhatifAnswer, WhatifRequest } from '@habtwin/contract/twin'
import { computed, effect, signal } from '@preact/signals'
import { asked } from '../link/actions.ts'
import { LONG, Problem, post } from '../link/rest.ts'
import { connection, now, zones } from '../state.ts'
import { controlsOf, requestOf, type Wish, type Wishes } from './model/changes.ts'

export const wishes = signal<Wishes>(new Map())
export const controls = computed(() => controlsOf(zones.value))
export const request = computed(() => requestOf(controls.value, wishes.value))

/** The last answer, with what had been asked. */
export const answer = signal<{ readonly of: WhatifRequest; readonly is: WhatifAnswer } | undefined>(undefined)
/** True from the moment that something is changed until its answer is there. */
export const isAsking = signal(false)
export const problem = signal<{ readonly text: string; readonly remedy: string | undefined } | undefined>(undefined)

/** A slider that moves is not asked about at each step, ms. */
const SETTLE = 120
/** The present moves on: it is asked again after so long without a change, ms. */
const REFRESH = 60_000
/** After a failure, ms. */
const RETRY = 5_000

export function wish(key: string, to: Wish | undefined): void {
  const next = new Map(wishes.peek())
  if (to === undefined) next.delete(key)
  else next.set(key, to)
  wishes.value = next
}

export function clear(): void {
  wishes.value = new Map()
}

let under: AbortController | undefined
let timer: ReturnType<typeof setTimeout> | undefined

function later(ms: number): void {
  clearTimeout(timer)
  timer = setTimeout(() => void ask(), ms)
}

/** Asks for what is wished now; a question that is under way is given up. */
async function ask(): Promise<void> {
  under?.abort()
  under = new AbortController()
  const { signal } = under
  const of = request.peek()
  if (document.hidden) return later(RETRY)
  try {
    const is = await post<WhatifAnswer>('api/twin/whatif', of, { signal, patience: LONG })
    if (signal.aborted) return
    answer.value = { of, is }
    problem.value = undefined
    // A twin that goes through what was before soon has more to say.
    later(now.peek() - is.made > 10 * REFRESH ? RETRY : REFRESH)
  } catch (error) {
    if (signal.aborted) return
    if (error instanceof Problem && error.needsLogin) asked.value ??= { kind: 'login', proceed: () => later(0) }
    problem.value = {
      text: error instanceof Error ? error.message : String(error),
      remedy: error instanceof Problem ? error.remedy : undefined,
    }
    later(error instanceof Problem && error.status > 0 && error.status < 500 ? REFRESH : RETRY)
  }
  isAsking.value = false
}

/** Keeps the answer that of the wishes. @returns ends it */
export function start(): () => void {
  let before: string | undefined
  const stop = effect(() => {
    const text = JSON.stringify(request.value)
    if (text === before) return
    isAsking.value = true
    later(before === undefined ? 0 : SETTLE)
    before = text
  })
  const stopLine = effect(() => {
    // who was offline is not left waiting when the line is back
    if (connection.value === 'live' && problem.peek() !== undefined) later(0)
  })
  return () => {
    stop()
    stopLine()
    under?.abort()
    clearTimeout(timer)
  }
}
