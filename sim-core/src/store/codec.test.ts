import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BLOCK_ROWS, BLOCK_SPAN, cuts, decodeBlock, decodeValues, encodeBlock } from './block.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { readIntegers, readValues, writeIntegers, writeValues } from './columns.ts'
import { fold, unfold } from './compress.ts'
import { decodeIngest, encodeIngest, gather } from './ingest.ts'
import { journalRef, Rows } from './rows.ts'
import { SeriesTable } from './series.ts'
import { JOURNAL, OTHER } from './support.ts'

const number = fc.oneof(
  fc.double({ noNaN: true }),
  fc.float({ noNaN: true }),
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map((n) => n / 100),
  fc.constantFrom(0, -0, 1e-9, 5e-324, 2 ** 53, -(2 ** 53), 0.1 + 0.2),
)
/** A column of one kind, as instruments give them, or a mixture. */
const column = fc.oneof(
  fc.array(number),
  fc.array(fc.float({ noNaN: true, noDefaultInfinity: true })),
  fc.tuple(fc.integer({ min: 0, max: 4 }), fc.array(fc.integer())).map(([k, list]) => list.map((n) => n / 10 ** k)),
)
const withNulls = fc
  .tuple(column, fc.infiniteStream(fc.boolean()))
  .map(([list, holes]) => list.map((value) => (holes.next().value && value !== 0 ? value : Number.NaN)))

function sameBits(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  assert.equal(actual.length, expected.length)
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Object.is(actual[i], expected[i]), `at ${i}: ${actual[i]} is not ${expected[i]}`)
  }
}

test('an integer of up to 53 bits comes back from its bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeNat()), fc.array(fc.integer({ min: -(2 ** 51), max: 2 ** 51 })), (plain, signed) => {
      const out = new ByteWriter(1)
      for (const n of plain) out.uint(n)
      for (const n of signed) out.int(n)
      const from = new ByteReader(out.view())
      for (const n of plain) assert.equal(from.uint(), n)
      for (const n of signed) assert.ok(from.int() === n)
      assert.equal(from.left, 0)
    }),
  )
})

test('a column of values comes back to the bit, with its nulls', () => {
  fc.assert(
    fc.property(fc.oneof(column, withNulls), (values) => {
      const out = new ByteWriter()
      writeValues(out, values, values.length)
      sameBits(readValues(new ByteReader(out.view()), values.length), values)
    }),
  )
})

test('a column of times comes back to the bit, whether regular, jittering or no integers at all', () => {
  const regular = fc.tuple(fc.maxSafeNat(), fc.integer(), fc.nat(50)).map(([begin, step, n]) => {
    return Array.from({ length: n }, (_, i) => begin + i * step)
  })
  fc.assert(
    fc.property(fc.oneof(column, regular, fc.array(fc.maxSafeInteger())), (values) => {
      const out = new ByteWriter()
      writeIntegers(out, values, values.length)
      sameBits(readIntegers(new ByteReader(out.view()), values.length), values)
    }),
  )
})

const row = fc.record({
  t: fc.oneof(fc.integer({ min: 0, max: 2e12 }), fc.double({ noNaN: true, noDefaultInfinity: true })),
  value: fc.oneof(number, fc.constant(Number.NaN)),
  journal: fc.constantFrom(JOURNAL, OTHER, ''),
  seq: fc.nat(),
  quality: fc.option(fc.constantFrom('uncertain:warmup', 'bad:range'), { nil: undefined }),
})

test('a block comes back row by row, with journals, numbers and qualities', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 300 }), (list) => {
      const rows = new Rows()
      for (const one of list) rows.add(one.t, one.value, journalRef(one.journal), one.seq, one.quality)
      const sorted = rows.sorted()
      const body = encodeBlock(sorted, 0, sorted.n)
      const back = decodeBlock(body)
      assert.equal(back.n, sorted.n)
      for (const name of ['t', 'value', 'journal', 'seq'] as const) {
        sameBits(back[name].subarray(0, back.n), sorted[name].subarray(0, sorted.n))
      }
      for (let i = 0; i < back.n; i++) assert.equal(back.quality?.get(i), sorted.quality?.get(i))
      sameBits(decodeValues(body).value, back.value)
    }),
  )
})

test('an entry of the log comes back reading by reading', () => {
  const reading = fc.record({
    device: fc.constantFrom('air', 'meter'),
    t: fc.integer({ min: 0, max: 2e12 }),
    seq: fc.integer({ min: 1, max: 1e9 }),
    journal: fc.constantFrom(JOURNAL, OTHER),
    unsynced: fc.boolean(),
    values: fc.dictionary(fc.constantFrom('co2', 'o2', 'temperature'), fc.option(number), { minKeys: 1 }),
    bad: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(reading), (list) => {
      const table = new SeriesTable()
      const readings = list.map(({ device, unsynced, bad, values, ...rest }) => ({
        device,
        reading: {
          ...rest,
          n: 1,
          values,
          ...(unsynced ? { clock: { boot: 'x', mono: 1 } } : {}),
          ...(bad ? { quality: { [Object.keys(values)[0] ?? '']: 'bad:range' } } : {}),
        },
      }))
      const { groups, values } = gather(readings, [], table)
      const found: string[] = []
      for (const group of decodeIngest(encodeIngest(groups))) {
        for (let i = 0; i < group.t.length; i++) {
          group.series.forEach((series, column) => {
            const value = group.values[column]?.[i] as number
            const quality = group.quality?.get(i * group.series.length + column)
            found.push(line(table.key(series), group.t[i], group.seq[i], group.journal, group.unsynced, value, quality))
          })
        }
      }
      const expected = list.flatMap((one) =>
        Object.entries(one.values).map(([point, value], i) => {
          const key = { kind: 'reading', device: one.device, point }
          const quality = one.bad && i === 0 ? 'bad:range' : undefined
          return line(key, one.t, one.seq, one.journal, one.unsynced, value ?? Number.NaN, quality)
        }),
      )
      assert.deepEqual(found.sort(), expected.sort())
      assert.equal(values, expected.length)
    }),
  )
})

function line(key: object, ...rest: unknown[]): string {
  return [JSON.stringify(key), ...rest.map((one) => (Object.is(one, -0) ? '-0' : String(one)))].join(' ')
}

test('a flipped bit is known, wherever it is', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), fc.nat(), fc.nat(7), (bytes, at, bit) => {
      const folded = fold(bytes)
      assert.deepEqual(Buffer.from(unfold(folded)), Buffer.from(bytes))
      const place = at % folded.length
      folded[place] = (folded[place] as number) ^ (1 << bit)
      let back: Uint8Array | undefined
      try {
        back = unfold(folded)
      } catch {
        return
      }
      // a bit that the format does not use may change nothing; what comes back is never something else
      assert.deepEqual(Buffer.from(back), Buffer.from(bytes))
    }),
  )
})

test('blocks end before they hold too many rows or reach over too long a time', () => {
  const rows = new Rows()
  for (let i = 0; i < BLOCK_ROWS + 10; i++) rows.add(i, 1, 0, 0)
  rows.add(BLOCK_SPAN + BLOCK_ROWS + 10, 1, 0, 0)
  assert.deepEqual(cuts(rows), [BLOCK_ROWS, BLOCK_ROWS + 10, BLOCK_ROWS + 11])
})
