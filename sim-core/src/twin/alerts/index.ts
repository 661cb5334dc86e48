/** Alerts of the twin: what will be, and what is not as it was. */
export {
  type AlertZone,
  type MinuteInputs,
  type MinuteOutput,
  TwinAlerts,
  type TwinAlertsOptions,
} from './twin-alerts.ts'
