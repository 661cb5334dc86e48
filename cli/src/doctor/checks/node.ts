/** Node itself. */
import { type Check, ok, stop } from '../check.ts'

/** Runs TypeScript as it is, and has SQLite. */
const NEEDED = 24

export const node: Check = {
  title: 'Node',
  look({ machine: { node } }) {
    if (Number.parseInt(node, 10) >= NEEDED) return [ok(`Node ${node}`)]
    return [
      stop(
        `Node ${node} is older than ${NEEDED}`,
        `npm ci brings Node ${NEEDED} for habtwin alone; start habtwin by npx`,
      ),
    ]
  },
}
