/** How a process lives: clock, log, supervision, configuration, links. */
export * from './clock.ts'
export * from './config/index.ts'
export * from './folder.ts'
export * from './lock.ts'
export * from './log.ts'
export * from './origin.ts'
export * from './ranges.ts'
export * from './supervise.ts'
