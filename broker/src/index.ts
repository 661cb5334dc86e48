/** The embedded MQTT broker. */
export { Broker, type BrokerEvents, type BrokerParts, createBroker, type Handler, type Sender } from './broker.ts'
export type { Counts, Log, Refusal } from './counters.ts'
export type { KeptFigures } from './keeper.ts'
export type { Secured } from './listen.ts'
export { type BrokerOptions, defaultLimits, type Limits, type NetAddress } from './options.ts'
