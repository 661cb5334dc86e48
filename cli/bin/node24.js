/**
 * Finds a Node that can run habtwin, and runs a script with it. Plain JavaScript for old versions: this file
 * must load under Node 18, so that a machine with nothing newer gets a plain sentence and no syntax error.
 */
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The first version that runs TypeScript as it is and has `node:sqlite` without a flag. */
const REQUIRED = 24

/** True where the Node that runs this is new enough. */
export function isNewEnough(version = process.versions.node) {
  return Number.parseInt(version, 10) >= REQUIRED
}

/**
 * The Node to use: the one that runs this where it is new enough, else the one that npm brought.
 * @param {{version?: string, platform?: string, arch?: string}} [machine] what to look for; this machine by default
 * @returns {string} path of the executable
 * @throws {Error} where there is neither; the message says what to do
 */
export function findNode({ version, platform, arch } = here()) {
  if (isNewEnough(version)) return process.execPath
  try {
    const manifest = createRequire(import.meta.url).resolve(`node-${platform}-${arch}/package.json`)
    return join(dirname(manifest), 'bin/node')
  } catch {
    throw new Error(
      `habtwin needs Node ${REQUIRED} or newer; this is Node ${version}, and npm has brought none for ${platform}-${arch}.\n` +
        `On Linux x64 or arm64 run \`npm ci\` without --omit=optional; elsewhere install Node ${REQUIRED} from https://nodejs.org.`,
    )
  }
}

function here() {
  return { version: process.versions.node, platform: process.platform, arch: process.arch }
}

/**
 * Runs a script with another Node and stands in for it: same terminal, signals passed on, same ending.
 * The child holds one end of a channel, so that it also ends where this process is killed outright.
 * @param {string} node path of the executable
 * @param {string[]} args the script and its arguments
 */
export function runAs(node, args) {
  const tether = fileURLToPath(new URL('./tether.js', import.meta.url))
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', '--import', tether, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  // A terminal sends Ctrl-C to the whole foreground group: passing it on would make two of one.
  const terminal = process.stdin.isTTY === true
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGINT']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !terminal) child.kill(signal)
    })
  }
  child.on('error', (error) => {
    process.stderr.write(`${node} cannot be started: ${error.message}\nRun \`npm ci\` again.\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
