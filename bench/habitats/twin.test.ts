import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { build } from './build.ts'
import { Living } from './living.ts'
import { makeTwin } from './twin.ts'

const HOUR = 60

describe('the twin in a virtual habitat', () => {
  it('finds out the leak within a day, and names a scrubber that fails', () => {
    const built = build(1_001)
    const living = new Living(built)
    const twin = makeTwin(built, living)
    const live = (minutes: number, until = () => false) => {
      let lived = 0
      while (lived < minutes && !until()) {
        const minute = living.minute
        twin.step(minute, living.live())
        lived++
      }
      return lived
    }
    live(24 * HOUR)
    const { leak, crew } = twin.figures()
    const { truth } = built
    assert.ok(leak && leak.sd < leak.prior.sd / 2, 'a day tells something of the leak')
    assert.ok(Math.abs(leak.mean - truth.leak) < 3 * leak.sd, `${leak.mean} ± ${leak.sd} of ${truth.leak} m³/h`)
    assert.ok(crew && Math.abs(crew.mean - truth.residents) < 2, `${crew?.mean} of ${truth.residents} people`)

    live(4 * HOUR, () => living.habitat.state.scrubbing)
    assert.ok(!twin.findings().some(({ kind }) => kind === 'scrubber'))
    living.habitat.state.controls.scrubber = 'failed'
    const named = () => twin.findings().some(({ kind }) => kind === 'scrubber')
    const took = live(2 * HOUR, named)
    assert.ok(named(), `nothing in ${took} min`)
  })
})
