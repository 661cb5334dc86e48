/** Figures in a file: anything that Linux shows under /sys or /proc, or that another program writes. */
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { HabtwinError, id, messageOf } from '@habtwin/contract'
import { duration } from '@habtwin/runtime/config/quantity'
import { z } from 'zod'
import { defineDriver } from './driver.ts'
import { declareFigures, figure, valuesIn } from './text/figures.ts'

const options = z.object({
  path: z.string().min(1),
  /** Point → where its figure lies; the whole file where it is the only one and nothing is said. */
  points: z.record(id, figure).refine((points) => Object.keys(points).length > 0, 'name at least one point'),
  /** A file that was not written for this long is not read any more, ms; for those of other programs. */
  older_than: duration('5 min').optional(),
})

/** Bytes; what is longer is no file of figures. */
const MOST = 65_536

export default defineDriver<z.output<typeof options>>({
  name: 'file',
  simulated: false,
  options,
  describe: ({ points }) => ({ points: declareFigures(points) }),
  async open({ id: where, clock, signal, options: { path, points, older_than } }) {
    const read = async (until: AbortSignal) => {
      const { text, written } = await contents(path, where, until)
      const age = clock.now() - written
      if (older_than !== undefined && age > older_than) {
        const message = `${path} was last written ${Math.round(age / 1_000)} s ago`
        throw new HabtwinError('device/timeout', message, { where })
      }
      return { values: valuesIn(text, points, where) }
    }
    await read(signal)
    return { read, async [Symbol.asyncDispose]() {} } // nothing stays open between two readings
  },
})

/** The text of the file and when it was written, ms since the epoch. */
async function contents(path: string, where: string, signal: AbortSignal): Promise<{ text: string; written: number }> {
  let file: FileHandle | undefined
  try {
    // a pipe that nobody writes to would be waited for without end
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    signal.throwIfAborted()
    const { mtimeMs } = await file.stat()
    // files of /sys say nothing true of their size
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MOST + 1), 0, MOST + 1, 0)
    signal.throwIfAborted()
    if (bytesRead > MOST) throw new Error(`it is longer than ${MOST} bytes`)
    return { text: buffer.toString('utf8', 0, bytesRead), written: mtimeMs }
  } catch (cause) {
    signal.throwIfAborted()
    throw new HabtwinError('device/unreachable', `${path} cannot be read: ${messageOf(cause)}`, { where, cause })
  } finally {
    await file?.close()
  }
}
