// Generated from this folder by scripts/gen-agents.ts; a test holds it equal.
import type { AgentClass } from './agent-class.ts'
import concrete from './concrete.ts'
import equalizer from './equalizer.ts'
import lamp from './lamp.ts'
import plain from './plain.ts'
import plant from './plant.ts'
import sun from './sun.ts'

export const registry: readonly AgentClass[] = [concrete, equalizer, lamp, plain, plant, sun]
