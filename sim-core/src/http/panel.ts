/** The panel's files. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import { HabtwinError } from '@habtwin/contract'
import type { App } from './app.ts'
import { problemOf, sendProblem } from './problem.ts'

/** Names that change with what is inside (esbuild's chunks) never need to be asked for again. */
const hashed = /-[A-Z0-9]{8}\.\w+$/

/**
 * @param folder the built panel; where it is missing, the page says how to build it
 * @param start the page at `/`; a habitat's own, wherever that lies, is always `index.html`
 */
export async function panelRoutes(app: App, folder: string, start = 'index.html'): Promise<void> {
  await app.register(fastifyStatic, {
    root: folder,
    serve: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      reply.header('cache-control', hashed.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  app.get('/*', { schema: { hide: true } }, (request, reply) => {
    const { '*': path } = request.params as { '*': string }
    if (path === '' && !existsSync(join(folder, 'index.html'))) {
      return reply.code(503).type('text/html; charset=utf-8').send(missing)
    }
    // nothing below /api is a file; neither is a hidden one ours to give
    if (path.startsWith('api/') || path.split('/').some((part) => part.startsWith('.'))) {
      return sendProblem(reply, problemOf(new HabtwinError('request/not-found', `GET ${request.url}`)))
    }
    const first = request.originalUrl === request.url ? start : 'index.html'
    return reply.sendFile(path === '' ? first : path)
  })
}

const missing = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>habtwin: the panel is not built</title>
<h1>The panel is not built</h1>
<p>Run <code>npm run prepare</code> in the folder of habtwin, then load this page again.</p>
<p>The same figures are at <a href="api/devices">api/devices</a>, described in <a href="api/docs">api/docs</a>.</p>
</html>
`
