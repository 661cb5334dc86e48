/** Style, dead code and types, side by side: `npm run check`. One line each, and the findings of what failed. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** What is checked, and the script under node_modules that does it, with its arguments. */
const checks = {
  biome: ['@biomejs/biome/bin/biome', 'check', '--error-on-warnings', root],
  knip: ['knip/bin/knip.js', '--no-config-hints', '--directory', root],
  tsc: ['typescript/bin/tsc', '-p', join(root, 'tsconfig.json')],
} satisfies Record<string, [script: string, ...args: string[]]>

/** Runs every check and says how it went. @returns true where all passed */
export async function check(): Promise<boolean> {
  const passed = await Promise.all(
    Object.entries(checks).map(async ([name, [script, ...args]]) => {
      const { code, output } = await run([join(root, 'node_modules', script as string), ...args])
      process.stdout.write(code === 0 ? `✔ ${name}\n` : `✘ ${name}\n${output}`)
      return code === 0
    }),
  )
  return passed.every(Boolean)
}

function run(args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      output += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output }))
  })
}

if (import.meta.main) process.exitCode = (await check()) ? 0 : 1
