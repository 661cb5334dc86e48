/** REST, the panel, and the panel's way to the broker. */
export type { About } from './routes/about.ts'
export type { DeviceState } from './routes/devices.ts'
export type { Figure } from './routes/health.ts'
export { type HttpOptions, HttpServer } from './server.ts'
