import { test } from 'node:test'
import suite from 'aedes-persistence/abstract.js'
import { Persistence } from './persistence.ts'

const limits = {
  sessions: 1_000,
  queue: 10_000,
  queueBytes: 10_000_000,
  queuedBytes: 10_000_000,
  queueAge: 3_600_000,
  sessionAge: 3_600_000,
  retained: 10_000,
  retainedBytes: 10_000_000,
  inbound: 32,
}

// what every persistence of Aedes has to do, as Aedes itself has it
suite({ test, persistence: () => new Persistence({ limits }), testAsync: true })
