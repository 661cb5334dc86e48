/** The library: every agent that a scenario may use, by id. */
import type { AgentForm } from '../own/form.ts'
import { crops } from './crops.ts'
import { machines } from './machines.ts'
import { people } from './people.ts'
import { power } from './power.ts'
import { stores } from './stores.ts'

export const agents: Readonly<Record<string, AgentForm>> = { ...people, ...crops, ...machines, ...power, ...stores }
