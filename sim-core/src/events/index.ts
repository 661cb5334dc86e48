/** What people did: the log, and the form in which an entry is kept. */
export { EventLog } from './log.ts'
