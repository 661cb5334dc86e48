/**
 * The packet parser asks for its debug output a dozen times a packet, and each time is told that there is none: a fifth
 * of the broker's work. Unless DEBUG asks for it, it is given a function that does nothing. Imported for its effect by
 * whoever speaks MQTT, before the library is.
 */
import { createRequire, Module } from 'node:module'

function silent(): void {}
/** As the package `debug` is called: with a name, for a function that writes; by itself, or by its name as CommonJS has it. */
const debug = Object.assign(() => Object.assign(silent, { enabled: false, extend: debug }), {
  ...{ enable: silent, disable: () => '', enabled: () => false },
})
Object.assign(debug, { debug, default: debug })

if (process.env.DEBUG === undefined) {
  const { resolve, cache } = createRequire(createRequire(import.meta.url).resolve('mqtt-packet'))
  const path = resolve('debug')
  // whoever has it already keeps it
  cache[path] ??= Object.assign(new Module(path), { filename: path, loaded: true, exports: debug })
}
