import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../../test/support/runs.ts'
import { columnName } from './columns.ts'
import { compile } from './program.ts'
import { Run } from './run.ts'
import { models } from './testing/models.ts'
import { Oracle } from './testing/oracle.ts'

/** Sums may be made in another order; nothing else may differ. */
const RELATIVE = 1e-12
const isSame = (a: number, b: number) =>
  a === b || Math.abs(a - b) <= 1e-15 + RELATIVE * Math.max(Math.abs(a), Math.abs(b))

it('compiled models run as a plain reading of the specification does, whatever they are made of', () => {
  fc.assert(
    fc.property(models, (model) => {
      const program = compile(model)
      const run = new Run(program)
      run.advance(model.steps)
      const records = run.take()
      assert.ok(records)
      const oracle = new Oracle(model)
      for (let row = 0; row < records.rows; row++) {
        oracle.step()
        for (const [c, column] of program.columns.entries()) {
          const name = columnName(column)
          const [is, should] = [records.values[c * records.rows + row] as number, oracle.row.get(name)]
          assert.ok(
            should !== undefined && Number.isFinite(is) && isSame(is, should),
            `${name} in step ${row + 1}: ${is}, not ${should}`,
          )
        }
      }
      assert.deepEqual(run.causes(), oracle.causes())
    }),
    { numRuns: runs(300) },
  )
})
