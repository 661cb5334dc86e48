/** An agent that is nothing but flows and stores: people, tanks, machines. */
import type { AgentClass } from './agent-class.ts'

export default { name: 'plain' } satisfies AgentClass
