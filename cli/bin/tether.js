/**
 * Loaded before the script that `runAs` starts: ends this process as SIGTERM would, once the launcher is gone
 * in a way that it could not pass on (kill -9, out of memory).
 */
if (process.channel) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  // The tether must not keep a process alive that has nothing left to do.
  process.channel.unref()
}
