/** What other processes of this folder know: asked by their Unix sockets. */
import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { Principal } from '@habtwin/runtime/access'
import { Door } from '../http/door.ts'

/** Who it is that asks: known by the process that has the desk, and believed by the others, whose sockets only it can open. */
const WHO = 'x-habtwin-who'

/** The door of a Unix socket that only processes of this folder can open. */
export class PeerDoor extends Door {
  constructor() {
    super({ open: false, publicly: false })
  }

  override who({ headers }: Pick<IncomingMessage, 'headers'>): Principal | undefined {
    const who = headers[WHO]
    return typeof who === 'string' ? (JSON.parse(decodeURIComponent(who)) as Principal) : undefined
  }
}

function told(who: Principal | undefined): Record<string, string> {
  return who === undefined ? {} : { [WHO]: encodeURIComponent(JSON.stringify(who)) }
}

/** Milliseconds that another process may take to say how its habitats are. */
const PATIENCE = 2_000

/** The JSON that another process answers; undefined where it does not. */
export function askPeer<T>(
  socketPath: string,
  path: string,
  { host, who }: { readonly host: string; readonly who: Principal | undefined },
): Promise<T | undefined> {
  return new Promise((resolve) => {
    const asking = request({ socketPath, path, headers: { host, ...told(who) }, timeout: PATIENCE }, async (answer) => {
      try {
        const chunks: Buffer[] = []
        for await (const chunk of answer) chunks.push(chunk as Buffer)
        resolve(answer.statusCode === 200 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined)
      } catch {
        resolve(undefined) // it has ended meanwhile: its habitats are taken over
      }
    })
    asking.on('timeout', () => asking.destroy())
    asking.on('error', () => resolve(undefined))
    asking.end()
  })
}

/** Hands a request on to another process, and its answer back. @param path as it was asked for here */
export function handOn(
  socketPath: string,
  path: string,
  who: Principal | undefined,
  from: IncomingMessage,
  to: ServerResponse,
): void {
  const { method, headers } = from
  // whoever may not know says so of itself
  const { [WHO]: _, ...others } = headers
  const onward = request({ socketPath, path, method, headers: { ...others, ...told(who) } }, (answer) => {
    to.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(to)
    answer.on('error', () => to.destroy())
  })
  onward.on('error', () => {
    if (to.headersSent) to.destroy()
    else
      to.writeHead(503, { 'content-type': 'text/plain', 'retry-after': '2' }).end('The habitat is being taken over\n')
  })
  to.on('close', () => onward.destroy())
  from.pipe(onward)
}
