/**
 * Aborted when the process is asked to end, by SIGTERM or Ctrl-C. It may be asked more than once: a terminal and a
 * service manager tell the whole group, and `up` tells its children again.
 */
export function untilStopped(): AbortSignal {
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => abort.abort(new Error(signal)))
  return abort.signal
}
