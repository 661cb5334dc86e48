/** The engines that tests are run over: what holds, holds whichever of them is inside. */
import { before, describe } from 'node:test'

const engines = [
  { name: 'MQTT 3.1.1', mqtt5: false },
  { name: 'MQTT 5 as well', mqtt5: true },
] as const

let now: (typeof engines)[number] = engines[0]

/** Whether the broker that a test makes is to speak MQTT 5. */
export function mqtt5(): boolean {
  return now.mqtt5
}

/** As `describe`, once for each engine. */
export function describeOver(what: string, tests: () => void): void {
  for (const engine of engines)
    describe(`${what} (${engine.name})`, () => {
      before(() => {
        now = engine
      })
      tests()
    })
}
