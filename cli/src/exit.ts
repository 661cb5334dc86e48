/** How a command ends: with a status, and in words where it failed. */
import { HabtwinError, messageOf } from '@habtwin/contract'
import { ConfigError, describeFault } from '@habtwin/runtime'

/** Waits for a command and ends the process: 0, or what it returned; 1 where it failed. */
export async function exitWith(work: Promise<number | undefined>): Promise<never> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // whoever read has seen enough, as `head` does
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  let status = 1
  try {
    status = (await work) ?? 0
  } catch (error) {
    process.stderr.write(`${tell(error)}\n`)
  }
  // what is still on its way to a pipe would be lost
  await new Promise((resolve) => process.stdout.write('', resolve))
  process.exit(status)
}

/** What failed, where, what to do. A bug is told with its stack. */
function tell(error: unknown): string {
  if (error instanceof ConfigError) return error.faults.map((fault) => describeFault(error.file, fault)).join('\n')
  if (error instanceof HabtwinError) {
    const [what, ...more] = error.message.split('\n')
    return [`${what} [${error.code}]`, ...more, `    ${error.remedy}`].join('\n')
  }
  return error instanceof Error ? (error.stack ?? error.message) : messageOf(error)
}
