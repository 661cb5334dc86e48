import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type BacktestOptions, backtest, type Line, type Report } from './backtest.ts'
import { type Grid, toGrid } from './grid.ts'

const MINUTE = 60_000
const t0 = Date.UTC(2026, 0, 5, 8)

/** A room that fills and empties, with holes. */
function room(length: number, seed = 1): Float64Array {
  let [x, a] = [500, seed]
  const chance = () => {
    a = (Math.imul(a, 1_103_515_245) + 12_345) & 0x7fffffff
    return a / 0x7fffffff
  }
  let people = 0
  return Float64Array.from({ length }, (_, k) => {
    if (chance() < 1 / 60) people = Math.floor(4 * chance())
    x += 5 * people - 0.012 * (x - 420)
    return k % 37 === 5 ? Number.NaN : x + 2 * chance()
  })
}

const gridOf = (values: Float64Array, start = t0): Grid => ({
  start,
  step: 1,
  length: values.length,
  values: { co2: values },
  remarks: [],
})

function judge(grid: Grid, options: Partial<BacktestOptions> = {}): Report {
  const run = backtest(grid, { horizons: [5, 30], from: Math.floor(grid.length / 2), ...options })
  for (;;) {
    const { done, value } = run.next()
    if (done) return value
  }
}

describe('backtest', () => {
  it('says nothing that it could only know from later', () => {
    const values = room(900)
    const other = values.map((x, k) => (k < 700 ? x : 3_000 - 2 * x))
    const [a, b] = [gridOf(values), gridOf(other)]
    assert.deepEqual(judge(a, { from: 300, until: 700 }), judge(b, { from: 300, until: 700 }))
    assert.notDeepEqual(judge(a, { from: 300 }), judge(b, { from: 300 }))
  })

  it('compares every reading of the part that counts with what was said a lead before', () => {
    const values = room(600)
    const known = (k: number) => !Number.isNaN(values[k])
    const report = judge(gridOf(values))
    for (const lead of [5, 30]) {
      let [n, missed] = [0, 0]
      for (let k = 300; k + lead < 600; k++) {
        if (!known(k) || !known(k + lead)) continue
        n++
        missed += Math.abs((values[k + lead] as number) - (values[k] as number))
      }
      assert.equal(report.co2?.[lead]?.n, n)
      const line = report.co2?.[lead]
      assert.ok(line?.mae && line.persistence && line.skill)
      assert.ok(Math.abs(line.persistence - missed / n) < 1e-9)
      assert.ok(Math.abs(line.skill - (1 - line.mae / line.persistence)) < 1e-12)
    }
  })

  it('knows from the start what another recording of the room has taught', () => {
    const train = gridOf(room(3_000, 5), t0 - 10_000 * MINUTE)
    const grid = gridOf(room(300, 9))
    const [fresh, taught] = [judge(grid, { from: 0 }), judge(grid, { from: 0, train })]
    assert.ok((taught.co2?.[5]?.mae as number) < (fresh.co2?.[5]?.mae as number))
  })

  it('gives figures, not NaN, where nothing ever changes', () => {
    const { crps, width, ...rest } = (judge(gridOf(new Float64Array(400).fill(21.5))).co2?.[30] ?? {}) as Line
    assert.deepEqual(rest, { n: 170, mae: 0, coverage90: 1, persistence: 0, trend: 0, ar30: 0, skill: 0 })
    assert.ok((crps as number) < 1e-6 && (width as number) < 1e-6)
  })

  it('goes on after a silence of days', () => {
    const values = room(12_000).map((x, k) => (k > 400 && k < 11_000 ? Number.NaN : x))
    const line = judge(gridOf(values), { from: 0 }).co2?.[30]
    assert.ok((line?.n as number) > 1_000 && Number.isFinite(line?.mae))
  })
})

describe('grid', () => {
  const remarks = (grid: Grid) => grid.remarks.map(({ count, text }) => `${count} ${text}`)
  const grid = (minutes: readonly number[], co2: readonly number[], step?: number) =>
    toGrid({ times: minutes.map((m) => t0 + m * MINUTE), values: { co2 } }, step)

  it('takes times that are a little early or late for what they are meant to be', () => {
    const { step, start, length, values } = grid([0.4, 1.02, 2, 2.98, 6], [1, 2, 3, 4, 5])
    assert.deepEqual([step, length], [1, 7])
    assert.ok(Math.abs(start - t0) < 0.4 * MINUTE)
    assert.deepEqual([...(values.co2 ?? [])], [1, 2, 3, 4, Number.NaN, Number.NaN, 5])
  })

  it('finds the step of the recording, and none below a minute', () => {
    assert.equal(grid([0, 5, 10, 15.1, 20], [1, 2, 3, 4, 5]).step, 5)
    assert.equal(grid([0, 7, 14, 21, 40], [1, 2, 3, 4, 5]).step, 7)
    const fast = grid(
      Array.from({ length: 60 }, (_, i) => i / 6),
      Array.from({ length: 60 }, (_, i) => i),
    )
    assert.equal(fast.step, 1)
    assert.ok(fast.length <= 11 && fast.length >= 10)
  })

  it('puts rows in order, drops what is said twice, and says so', () => {
    const made = grid([0, 1, 2, 2, 4, 3, 3.2], [1, 2, 3, 3, 5, 4, 6])
    assert.deepEqual([...(made.values.co2 ?? [])], [1, 2, 3, 5, 5])
    assert.deepEqual(remarks(made), [
      '2 earlier than a row before: put in order of time',
      '1 at the same time as another, with the same values',
      '1 within the same step as another: the mean of all was taken',
    ])
  })

  it('leaves out times of a clock that was not set, and shortens silences of months by whole weeks', () => {
    const minutes = Array.from({ length: 50 }, (_, i) => i)
    const early = grid([-29_000_000, ...minutes], [9, ...minutes])
    assert.equal(early.length, 50)
    assert.deepEqual(remarks(early), ['1 left out: their time is far from that of all others'])
    const later = minutes.map((m) => m + 30 * 1_440)
    const apart = grid([...minutes, ...later], [...minutes, ...minutes])
    assert.equal(apart.length % (7 * 1_440), (30 * 1_440 + 50) % (7 * 1_440))
    assert.ok(apart.length < 15 * 1_440)
  })

  it('is refused where all readings are of one moment', () => {
    assert.throws(() => grid([3, 3, 3], [1, 2, 3]), RangeError)
  })
})
