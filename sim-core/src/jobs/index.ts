/** Scenario jobs: submitted, run in threads, kept in the store. */
export { LocalRunner } from './local.ts'
export { Jobs } from './service.ts'
export { JobTable } from './table.ts'
export { Threads } from './threads.ts'
