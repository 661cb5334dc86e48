/**
 * The one switch that ends the simulation of the link, `command/link/emergency` true, and takes it up again, false. It is
 * audited as every command is.
 */
import { LinkSwitch, type SwitchParts } from './switch.ts'

export type EmergencyParts = SwitchParts

export class EmergencySwitch extends LinkSwitch {
  constructor(parts: SwitchParts) {
    super(parts, {
      point: 'emergency',
      on: 'Emergency: simulated delay, contact windows and budget of the link are off',
      off: 'End of the emergency: the link is simulated again',
    })
  }
}
