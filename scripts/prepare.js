/**
 * Bundles the panel for the browser: `dashboards/panel/src` → `dashboards/panel/dist`. npm runs it after an
 * installation; plain JavaScript, as the machine's own Node may be too old for TypeScript.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const panel = join(root, 'dashboards/panel')
const dist = join(panel, 'dist')

/** esbuild, or undefined with a word on what to do: an installation without development packages brings none. */
async function bundler() {
  try {
    return await import('esbuild')
  } catch (error) {
    const there = existsSync(join(dist, 'index.html'))
    console.error(`prepare: esbuild cannot be loaded (${error.code ?? error.message}).`)
    console.error(
      there
        ? 'prepare: the panel that is already bundled stays as it is.'
        : 'prepare: the web panel is not bundled, all else works. Run `npm install --include=dev && npm run prepare` for it.',
    )
    return undefined
  }
}

/** Entry points of fixed names; what is loaded later (MQTT) has its hash in its name. */
async function bundle(esbuild) {
  rmSync(dist, { recursive: true, force: true })
  mkdirSync(dist, { recursive: true })
  const { metafile } = await esbuild.build({
    entryPoints: {
      panel: join(panel, 'src/main.tsx'),
      habitats: join(panel, 'src/habitats/main.tsx'),
      'habitats-style': join(panel, 'src/habitats/habitats.css'),
      style: join(panel, 'src/style/main.css'),
      scenarios: join(panel, 'src/scenarios/style/main.css'),
      report: join(panel, 'src/report/report.css'),
      link: join(panel, 'src/mission/page.css'),
      twin: join(panel, 'src/twin/style/main.css'),
    },
    outdir: dist,
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: ['es2022', 'chrome109', 'firefox115', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
  copyFileSync(join(panel, 'icon.svg'), join(dist, 'icon.svg'))
  const template = readFileSync(join(panel, 'page.html'), 'utf8')
  for (const page of pages)
    writeFileSync(join(dist, page.file), preloading(filled(template, page), page.script, metafile))
  const bytes = Object.values(metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0)
  console.log(`prepare: panel bundled, ${Math.round(bytes / 1024)} KiB`)
}

/** A page of its own for each: a habitat, and at mission control all of them. */
const pages = [
  {
    file: 'index.html',
    script: 'panel.js',
    title: 'habtwin',
    styles: ['style.css'],
    asking: 'Asking the habitat…',
    figures: 'api/devices',
  },
  {
    file: 'habitats.html',
    script: 'habitats.js',
    title: 'habtwin: mission control',
    styles: ['style.css', 'habitats-style.css'],
    asking: 'Asking mission control…',
    figures: 'api/habitats',
  },
]

/** The template with what a page has of its own. */
function filled(template, { styles, ...page }) {
  const links = styles.map((file) => `<link rel="stylesheet" href="${file}">`).join('\n    ')
  return template.replace(/\{(\w+)\}/g, (_, name) => (name === 'styles' ? links : page[name]))
}

/** The page with its script's first parts named, so that the browser asks for all of them at once. */
function preloading(html, script, { outputs }) {
  const [, main] = Object.entries(outputs).find(([path]) => basename(path) === script) ?? []
  const parts = main?.imports.filter(({ kind }) => kind === 'import-statement') ?? []
  const links = parts.map(({ path }) => `    <link rel="modulepreload" href="${basename(path)}">\n`)
  return html.replace(/^ *<script /m, (script) => links.join('') + script)
}

if (existsSync(join(panel, 'src/main.tsx'))) {
  const esbuild = await bundler()
  if (esbuild) await bundle(esbuild)
}

// what the first start would otherwise spend on reading the code; where it cannot be done, that start is only slower
const launcher = fileURLToPath(new URL('../cli/bin/habtwin.js', import.meta.url))
if (existsSync(launcher)) {
  const { status } = spawnSync(process.execPath, [launcher, 'warm'], { stdio: 'ignore', timeout: 60_000 })
  if (status === 0) console.log('prepare: code read ahead, so that the first start is quick')
}
