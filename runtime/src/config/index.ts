export { aboutOf } from './about.ts'
export type { BridgeConfig } from './bridges.ts'
export {
  allowedText,
  allows,
  type Condition,
  type PointPolicy,
  type PointsOf,
  plainPolicy,
  resolveCommands,
  type WrittenCommands,
} from './commands.ts'
export { type Config, type DeviceConfig, secret, type ZoneConfig } from './config.ts'
export { defaultLimits, mergeLimits, type ZoneLimits } from './default-limits.ts'
export { type Change, configChanges, type Needs, unlikely, type WrittenConfig } from './diff.ts'
export { ConfigError, describeFault, type Fault } from './faults.ts'
export type { Limit, PointLimits } from './limits.ts'
export { usesTls } from './listeners.ts'
export { loadConfig, parseConfig } from './load.ts'
export { type Address, address, bytes, duration, instant, QUANTITY, quantity, timezone } from './quantity.ts'
export { type ReceiveConfig, receiveSchema } from './receive.ts'
export {
  loadReceiveConfig,
  type ReceiveChange,
  ReceiveSource,
  receiveChanges,
  unlikelyReceive,
  type WrittenReceive,
} from './receive-source.ts'
export { configSchema, type DriverKeys } from './schema.ts'
export { ConfigSource } from './source.ts'
export { ConfigWatch } from './watch.ts'
