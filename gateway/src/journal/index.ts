export { type Entry, SqliteDisk } from './disk.ts'
export { Journal } from './journal.ts'
export { Outlet } from './outlet.ts'
export { Resender } from './resender.ts'
