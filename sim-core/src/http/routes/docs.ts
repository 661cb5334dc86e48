/** The description of all of this: for programs as OpenAPI, for people as a page. */
import type { App } from '../app.ts'
import { docsPage, docsStyle, type OpenApi } from '../docs-page.ts'

export function docsRoutes(app: App): void {
  // made at the first request, when every route is known
  let page: string | undefined
  app.get('/api/openapi.json', { schema: { hide: true } }, () => app.swagger())
  app.get('/api/docs', { schema: { hide: true } }, (_, reply) => {
    page ??= docsPage(app.swagger() as OpenApi)
    return reply.type('text/html; charset=utf-8').send(page)
  })
  app.get('/api/docs.css', { schema: { hide: true } }, (_, reply) =>
    reply.type('text/css; charset=utf-8').send(docsStyle),
  )
}
