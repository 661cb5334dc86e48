/** The habitat's authority, for whoever wants to believe its certificates. */
import { HabtwinError } from '@habtwin/contract'
import type { App } from './app.ts'

/** @param authority PEM; undefined where none of ours signs */
export function certificateRoute(app: App, authority: () => string | undefined): void {
  app.get('/ca.pem', { schema: { hide: true } }, (request, reply) => {
    const pem = authority()
    if (pem === undefined) {
      const why = 'no authority of this habitat signs its certificates'
      throw new HabtwinError('request/not-found', `GET ${request.url}: ${why}`)
    }
    // the type by which phones and browsers offer to install it
    return reply
      .type('application/x-x509-ca-cert')
      .header('content-disposition', 'attachment; filename="habtwin-ca.pem"')
      .send(pem)
  })
}
