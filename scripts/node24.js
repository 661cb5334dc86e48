/** Runs a script of this repository with a Node that can: `node scripts/node24.js scripts/check.ts …`. */
import { findNode, runAs } from '../cli/bin/node24.js'

try {
  runAs(findNode(), process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
