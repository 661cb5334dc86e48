import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { FilterTable, topicMatches } from './topic-filter.ts'

describe('topic filters', () => {
  it('match as section 4.7 of MQTT 3.1.1 says', () => {
    for (const [filter, topic, expected] of [
      ['sport/tennis/player1/#', 'sport/tennis/player1', true],
      ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
      ['sport/#', 'sport', true],
      ['#', 'a/b', true],
      ['sport/tennis/+', 'sport/tennis/player1', true],
      ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
      ['sport/+', 'sport', false],
      ['sport/+', 'sport/', true],
      ['+/+', '/finance', true],
      ['/+', '/finance', true],
      ['+', '/finance', false],
      ['#', '$SYS/x', false],
      ['+/x', '$SYS/x', false],
      ['$SYS/#', '$SYS/x', true],
      ['a/b', 'a/B', false],
    ] as const) {
      assert.equal(topicMatches(filter, topic), expected, `${filter} ${topic}`)
    }
  })

  it('a topic matches itself, and itself with any level replaced by +', () => {
    const topic = fc.array(fc.stringMatching(/^[a-z0-9-]*$/), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(topic, fc.nat(5), (levels, i) => {
        assert.ok(topicMatches(levels.join('/'), levels.join('/')))
        assert.ok(topicMatches(levels.map((level, at) => (at === i ? '+' : level)).join('/'), levels.join('/')))
      }),
    )
  })

  it('a table finds what matches, whatever the levels are', () => {
    const level = fc.constantFrom('a', 'b', '', '+')
    const filter = fc
      .tuple(fc.array(level, { minLength: 1, maxLength: 4 }), fc.boolean())
      .map(([levels, all]) => [...levels, ...(all ? ['#'] : [])].join('/'))
    const topic = fc.array(fc.constantFrom('a', 'b', ''), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(fc.array(filter), topic, (filters, levels) => {
        const table = new FilterTable<string>()
        for (const one of filters) table.add(one, one)
        const asked = levels.join('/')
        assert.deepEqual(
          table.match(asked),
          filters.filter((one) => topicMatches(one, asked)),
        )
      }),
    )
  })

  it('a table remembers who wanted a topic, and forgets when that changes', () => {
    const table = new FilterTable<string>()
    table.add('a/+', 'plus')
    const exact = table.add('a/b', 'exact')
    assert.deepEqual(table.match('a/b'), ['plus', 'exact'])
    exact[Symbol.dispose]()
    assert.deepEqual(table.match('a/b'), ['plus'])
    assert.equal(table.has('a/b'), false)
    for (let i = 0; i < 5_000; i++) assert.deepEqual(table.match(`a/${i}`), ['plus'])
  })
})
