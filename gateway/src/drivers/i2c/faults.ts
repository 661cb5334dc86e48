/** What the kernel says of an I2C transfer, in words that tell what to do (Documentation/i2c/fault-codes.rst). */
import { HabtwinError, isHabtwinError, messageOf } from '@habtwin/contract'
import type { Place } from './bus.ts'

/** 0x61, as people write an address. */
export function hex(address: number): string {
  return `0x${address.toString(16).padStart(2, '0')}`
}

/** `0x61`, or `0x61 behind channel 2 of 0x70`. */
export function placeName({ address, mux }: Pick<Place, 'address' | 'mux'>): string {
  return mux === undefined ? hex(address) : `${hex(address)} behind channel ${mux.channel} of ${hex(mux.address)}`
}

/** The code of an error of the system: `EREMOTEIO`. */
export function errnoOf(error: unknown): string | undefined {
  if (isHabtwinError(error)) return undefined
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Nobody acknowledged: EREMOTEIO or ENXIO, as the adapter's driver has it. */
export function isUnanswered(error: unknown): boolean {
  const code = errnoOf(error)
  return code === 'EREMOTEIO' || code === 'ENXIO'
}

/**
 * True where the wire stays open: the fault is one of the transfer. After any other it is opened anew, as the adapter
 * may be gone, and as i2c-bus 5.2.3 keeps a descriptor whose address it could not set: the next transfer would go to
 * whoever listens at 0.
 */
export function isOfTransfer(error: unknown): boolean {
  const code = errnoOf(error)
  return isUnanswered(error) || code === 'ETIMEDOUT' || isNoise(code)
}

function isNoise(code: string | undefined): boolean {
  return code === 'EIO' || code === 'EAGAIN' || code === 'EPROTO' || code === 'EBADMSG'
}

/** True where the adapter itself went away. */
function isGone(error: unknown): boolean {
  return ['ENODEV', 'EBADF', 'ESHUTDOWN', 'ENOENT', 'EPIPE'].includes(errnoOf(error) ?? '')
}

/** The error of the table for a transfer that failed. */
export function faultOf(error: unknown, place: Place, path: string): HabtwinError {
  const { where } = place
  const at = `${placeName(place)} of ${path}`
  const code = errnoOf(error)
  if (isUnanswered(error)) {
    return new HabtwinError('device/timeout', `nobody answers at ${at}`, { where, cause: error })
  }
  if (code === 'ETIMEDOUT') {
    const message = `${path} hangs: something holds a line down; unplug the sensors one by one to find which`
    return new HabtwinError('device/unreachable', message, { where, cause: error })
  }
  if (code === 'EBUSY') {
    const message = `a driver of the kernel has ${at}: take its overlay out of /boot/firmware/config.txt`
    return new HabtwinError('device/unreachable', message, { where, cause: error })
  }
  if (isNoise(code)) {
    return new HabtwinError('device/garbled', `the transfer with ${at} was disturbed (${code})`, {
      where,
      cause: error,
    })
  }
  if (isGone(error)) return new HabtwinError('device/unreachable', `${path} is gone (${code})`, { where, cause: error })
  if (code !== undefined) {
    return new HabtwinError('device/unreachable', `${at}: ${messageOf(error)}`, { where, cause: error })
  }
  throw error // no fault of the system: a bug
}

/**
 * What to say of a conversation whose time was up while the kernel had the bus: the reason, or more where it is that.
 * @param busy whom the transfer is with @param place who gave up
 */
export function hanging(reason: unknown, path: string, busy: Place, place: Place): unknown {
  if (!isHabtwinError(reason, 'device/timeout')) return reason
  const message = `${reason.message}: ${path} hangs in a transfer with ${placeName(busy)} (${busy.where})`
  return new HabtwinError('device/timeout', message, { where: place.where, cause: reason })
}
