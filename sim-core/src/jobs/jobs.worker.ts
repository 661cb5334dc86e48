/** A thread that jobs run in. */
import { enableCompileCache } from 'node:module'

// a thread does not take over what the process has turned on while it ran; without it loading takes four times as long
if (process.env.NODE_COMPILE_CACHE !== undefined) enableCompileCache(process.env.NODE_COMPILE_CACHE)
await import('./calls.ts')
