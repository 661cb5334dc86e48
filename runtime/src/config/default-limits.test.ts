import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defaultLimits, isGreenhouse, mergeLimits } from './default-limits.ts'

describe('default limits', () => {
  it('give CO2 by partial pressure: 2 and 3 mmHg are 3,034 and 4,550 ppm at 879 hPa, 3,947 at sea level', () => {
    const { co2 } = defaultLimits({ crew: 4 }, 879)
    assert.equal(Math.round(co2?.advisory?.above ?? 0), 3_034)
    assert.equal(Math.round(co2?.caution?.above ?? 0), 4_550)
    assert.equal(Math.round(defaultLimits({}, 1013.25).co2?.caution?.above ?? 0), 3_947)
  })

  it('leave a greenhouse its climate, but not where people live in it', () => {
    assert.ok(isGreenhouse({ plants: { lettuce: 4 } }))
    assert.equal(isGreenhouse({ plants: { lettuce: 4 }, crew: 1 }), false)
    assert.equal(isGreenhouse({ plants: {} }), false)
    const limits = defaultLimits({ plants: { lettuce: 4 } }, 879)
    assert.deepEqual(Object.keys(limits.co2 ?? {}), ['emergency', 'warning', 'checklist'])
    assert.deepEqual(limits.temperature?.advisory, { above: 32, below: 15 })
    assert.deepEqual(limits.o2, defaultLimits({}, 879).o2)
  })

  it('yield to what is configured, level by level', () => {
    const merged = mergeLimits(defaultLimits({}, 879), {
      o2: { caution: { below: 19.8 }, checklist: 'low-oxygen' },
      light: { advisory: { below: 100 } },
    })
    assert.deepEqual(merged.o2?.caution, { below: 19.8 })
    assert.deepEqual(merged.o2?.warning, { above: 23.5, below: 19.5 })
    assert.equal(merged.o2?.checklist, 'low-oxygen')
    assert.deepEqual(merged.light, { advisory: { below: 100 } })
  })
})
