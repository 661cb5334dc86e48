/** Where a habitat's data lie. */
import { createHash } from 'node:crypto'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'

export interface DataFolder {
  readonly root: string
  readonly gateway: string
  readonly sim: string
  /** The habitat's own certificates and their keys; 0700. */
  readonly tls: string
  /** Users, tokens and logins; 0700. */
  readonly access: string
  /** Unix sockets of the broker: mode 0600, only this user may connect. */
  readonly sockets: {
    readonly folder: string
    readonly service: string
    readonly viewer: string
    readonly panel: string
  }
}

/** The longest path that a Unix socket may have (sun_path of unix(7) is 108 bytes with its end). */
const LONGEST_SOCKET = 100

/** The layout below a data folder. Sockets go to the temporary folder where the path would be too long for one. */
export function dataFolder(path: string): DataFolder {
  const root = resolve(path)
  const own = join(root, 'run')
  const short = createHash('sha256').update(root).digest('hex').slice(0, 12)
  const folder =
    own.length + '/service.sock'.length <= LONGEST_SOCKET ? own : join(tmpdir(), `habtwin-${userInfo().uid}-${short}`)
  return {
    root,
    gateway: join(root, 'gateway'),
    sim: join(root, 'sim'),
    tls: join(root, 'tls'),
    access: join(root, 'access'),
    sockets: {
      folder,
      service: join(folder, 'service.sock'),
      viewer: join(folder, 'viewer.sock'),
      panel: join(folder, 'panel.sock'),
    },
  }
}
