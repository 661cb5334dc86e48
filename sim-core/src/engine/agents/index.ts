/** The classes of agents, by name. */
import type { AgentClass } from './agent-class.ts'
import { registry } from './registry.generated.ts'

export const classes: ReadonlyMap<string, AgentClass> = new Map(registry.map((kind) => [kind.name, kind]))
