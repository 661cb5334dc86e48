/** The rules that a broker goes by: those of the house, or, on its own, those of any broker. */
import { mayPublish, mayReceive, mayRetain, maySubscribe, type Principal } from '@habtwin/runtime/access'

export interface Rules {
  readonly mayPublish: typeof mayPublish
  readonly mayRetain: typeof mayRetain
  readonly maySubscribe: typeof maySubscribe
  readonly mayReceive: typeof mayReceive
  /** Whether its session is kept when it goes. */
  readonly mayKeep: (who: Principal) => boolean
  /** Whether it may publish only so many messages a second. */
  readonly isPaced: (who: Principal) => boolean
}

export const houseRules: Rules = {
  mayPublish,
  mayRetain,
  maySubscribe,
  mayReceive,
  mayKeep: ({ role }) => role !== 'viewer',
  // another gateway sends its whole backlog: what it may say is bounded by its own habitat
  isPaced: ({ role }) => role !== 'service' && role !== 'gateway',
}

/** The topics of the broker itself are nobody's. */
const own = (topic: string): boolean => topic.startsWith('$SYS')

/** Whoever is let in may say and hear everything. @param denied filters that nobody may subscribe to */
export function openRules(denied: readonly string[]): Rules {
  return {
    mayPublish: (_who, topic) => !own(topic) && !topic.includes('+') && !topic.includes('#'),
    mayRetain: () => true,
    maySubscribe: (_who, filter) => !own(filter) && !denied.includes(filter),
    mayReceive: (_who, topic) => topic.charCodeAt(0) !== DOLLAR || !own(topic),
    mayKeep: () => true,
    isPaced: () => false,
  }
}

const DOLLAR = 36
