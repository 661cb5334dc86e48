#!/usr/bin/env node
/**
 * The `habtwin` command. Plain JavaScript, so that the machine's own Node may be old:
 *
 *   Node ≥ 24 ──────────────────────────► src/main.ts, in this very process
 *   older ──► the Node that npm brought ─► this file again
 *
 * What `up` starts is started with the newer Node at once: at most one launcher stays behind, whatever runs.
 */
import module from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import v8 from 'node:v8'
import { findNode, isNewEnough, runAs } from './node24.js'

if (isNewEnough()) {
  // Saves parsing at each start. In the environment as well, for the processes that `up` starts.
  process.env.NODE_COMPILE_CACHE ??= join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'habtwin')
  // As in the image: what the C library was given back it is to give back as well. Checking one password takes 19 MiB,
  // which it would keep for ever, and an arena for each thread.
  process.env.MALLOC_ARENA_MAX ??= '1'
  process.env.MALLOC_MMAP_THRESHOLD_ ??= '131072'
  // A Pi has little memory, and shares it: a small young generation that does not grow, and collection before growth.
  // sim is the larger one, and can spend some processor time to be smaller; the broker cannot: with the third of these a
  // message costs it two to five times as much, and it is hardly any smaller. None of them is for a scenario that somebody
  // waits for: writing its records would take three times as long.
  const command = process.argv[2]
  const flags = command === 'run' ? [] : ['--max-semi-space-size=4', '--semi-space-growth-factor=1']
  if (command === 'sim') flags.push('--optimize-for-size')
  for (const flag of flags) v8.setFlagsFromString(flag)
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE)
  await import('../src/main.ts')
} else {
  try {
    runAs(findNode(), [fileURLToPath(import.meta.url), ...process.argv.slice(2)])
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
