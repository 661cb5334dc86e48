/** An I2C bus of this machine, by i2c-bus: a module that has to be built, where a sensor is on I2C. */
import { access, constants, realpath } from 'node:fs/promises'
import { HabtwinError, messageOf } from '@habtwin/contract'
import type { PromisifiedBus } from 'i2c-bus'
import type { I2cPort } from './bus.ts'
import { errnoOf } from './faults.ts'

type Module = typeof import('i2c-bus')

/** Built once, in the folder of habtwin; npm's own `rebuild` leaves out what may run no script at installation. */
export const BUILD = `npm_config_nodedir=$PWD/node_modules/node-linux-${process.arch} npm explore i2c-bus -- npm run install`

/**
 * Opens a bus. Throws device/unreachable where there is none, it may not be opened, or the module is not built.
 * @param path `/dev/i2c-1`, or a link to such a file
 */
export async function openHardware(path: string): Promise<I2cPort> {
  const number = await busNumber(path)
  const { default: module } = await loadModule()
  return port(await module.openPromisified(number))
}

/** The N of /dev/i2c-N. */
async function busNumber(path: string): Promise<number> {
  const refused = (message: string, cause?: unknown) =>
    new HabtwinError('device/unreachable', message, { where: path, cause })
  const file = await realpath(path).catch((cause: unknown) => {
    if (errnoOf(cause) !== 'ENOENT') throw refused(`${path} cannot be looked at: ${messageOf(cause)}`, cause)
    const how = 'on a Pi: sudo raspi-config, Interface Options, I2C; an adapter on USB may be unplugged'
    throw refused(`there is no ${path}: I2C is not switched on (${how})`, cause)
  })
  const match = /^\/dev\/i2c-(\d+)$/.exec(file)
  if (match === null) throw refused(`${path} is no I2C bus; write for example /dev/i2c-1`)
  await access(file, constants.R_OK | constants.W_OK).catch((cause: unknown) => {
    throw refused(`this user may not open ${path}: sudo usermod -aG i2c $USER, then log in again`, cause)
  })
  return Number(match[1])
}

/** The module, or device/unreachable with how to come by it. */
export async function loadModule(load: () => Promise<Module> = () => import('i2c-bus')): Promise<Module> {
  try {
    return await load()
  } catch (cause) {
    const what =
      errnoOf(cause) === 'ERR_MODULE_NOT_FOUND'
        ? 'the module i2c-bus is not installed: npm ci first (some npm leave out what they cannot build), then'
        : errnoOf(cause) === 'ERR_DLOPEN_FAILED'
          ? 'the module i2c-bus was built for another Node; build it anew, in the folder of habtwin:'
          : 'the module i2c-bus is not built; with g++ and make installed, in the folder of habtwin:'
    throw new HabtwinError('device/unreachable', `${what} ${BUILD}`, { where: 'i2c-bus', cause })
  }
}

function port(bus: PromisifiedBus): I2cPort {
  return {
    async write(address, bytes) {
      await bus.i2cWrite(address, bytes.length, Buffer.from(bytes))
    },
    async read(address, length) {
      const { bytesRead, buffer } = await bus.i2cRead(address, length, Buffer.alloc(length))
      return whole(buffer, bytesRead, length)
    },
    async writeRead(address, register, length) {
      const { bytesRead, buffer } = await bus.readI2cBlock(address, register, length, Buffer.alloc(length))
      return whole(buffer, bytesRead, length)
    },
    close: () => bus.close(),
  }
}

function whole(buffer: Buffer, got: number, wanted: number): Uint8Array {
  if (got !== wanted) throw Object.assign(new Error(`${got} of ${wanted} bytes came`), { code: 'EIO' })
  return buffer
}
