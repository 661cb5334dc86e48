/** A thread that jobs run in. */
import { enableCompileCache } from 'node:module'
import { setPriority } from 'node:os'

// a thread does not take over what the process has turned on while it ran; without it loading takes four times as long
if (process.env.NODE_COMPILE_CACHE !== undefined) enableCompileCache(process.env.NODE_COMPILE_CACHE)
// readings, alerts and whoever looks at the panel go first; on Linux this is said of a thread alone (setpriority(2))
if (process.platform === 'linux') setPriority(5)
await import('./calls.ts')
