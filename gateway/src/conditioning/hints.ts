/** What of a configuration works as it is and wants to be seen to. */
import { overdue } from '@habtwin/contract'
import type { Config } from '@habtwin/runtime'

/** Calibrations that should have been done again by `now`, ms. */
export function overdueCalibrations({ devices }: Pick<Config, 'devices'>, now: number) {
  return Object.entries(devices).flatMap(([device, { conditioning }]) =>
    Object.entries(conditioning.calibrate).flatMap(([point, calibration]) =>
      overdue(calibration, now)
        ? [{ path: `devices.${device}.calibrate.${point}`, message: `it was due on ${calibration.due}` }]
        : [],
    ),
  )
}
