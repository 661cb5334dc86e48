/** How a process of the line hears from outside: that it is to end, or to read its configuration again. */
import { closeSync, openSync } from 'node:fs'

/**
 * Aborted when the process is asked to end, by SIGTERM or Ctrl-C. It may be asked more than once: a terminal and a
 * service manager tell the whole group, and `up` tells its children again.
 */
export function untilStopped(): AbortSignal {
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => abort.abort(new Error(signal)))
  const began = hasTerminal()
  // without a terminal SIGHUP means "read your configuration again"; with one, that the terminal was closed
  process.on('SIGHUP', () => {
    if (began && !hasTerminal()) abort.abort(new Error('SIGHUP'))
  })
  return abort.signal
}

/** Calls back at each SIGHUP that asks for the configuration to be read again. After `untilStopped`. */
export function onReload(call: () => void, stop: AbortSignal): void {
  process.on('SIGHUP', () => {
    if (!stop.aborted) call()
  })
}

/** True while there is a terminal that the process belongs to (tty(4)). */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}
