/** The mirror of the store in InfluxDB. */
export { InfluxMirror, type MirrorOptions, type MirrorStatus } from './mirror.ts'
export type { InfluxConfig } from './transport.ts'
