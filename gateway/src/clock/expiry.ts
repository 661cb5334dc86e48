/**
 * By which clock it is judged that a command's time is over. While this machine's is not set, nobody else's `expires`
 * can be compared with it; what was sent on this machine can, by the very clock that it was sent by.
 */
import type { Clock } from '@habtwin/runtime'
import type { HouseClock } from './house.ts'

/**
 * @param machine the clock that sim goes by as well
 * @returns when a command's time is over, in house time (ms); undefined where that cannot be known
 */
export function expiryBy(house: Pick<HouseClock, 'now' | 'synced'>, machine: Pick<Clock, 'now'>) {
  return (expires: number, role: string | undefined): number | undefined => {
    if (house.synced) return expires
    // sim stands for whoever is logged in at the panel
    return role === undefined || role === 'service' ? expires + house.now() - machine.now() : undefined
  }
}
