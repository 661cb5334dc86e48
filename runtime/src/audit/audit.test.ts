import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs' // biome-ignore format: one line
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { AuditHead } from '@habtwin/contract'
import fc from 'fast-check'
import { TestClock } from '../clock.ts'
import { AuditLog } from './log.ts'
import { verifyAudit } from './verify.ts'

const quiet = { error() {}, warn() {}, info() {} }

function place(options: { size?: number; files?: number; state?: boolean } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'habtwin-audit-'))
  const clock = new TestClock()
  const kept = new Map<string, string>()
  const heads: AuditHead[] = []
  const state = {
    load: (name: string) => kept.get(name),
    save: (name: string, text: string) => void kept.set(name, text),
  }
  return {
    folder,
    clock,
    heads,
    open: () =>
      AuditLog.open({
        ...{ folder, clock, node: 'pi', habitat: 'sam', log: quiet, onHead: (head: AuditHead) => heads.push(head) },
        ...(options.size === undefined ? {} : { size: options.size }),
        ...(options.files === undefined ? {} : { files: options.files }),
        ...(options.state ? { state } : {}),
      }),
    files: () => readdirSync(folder).sort(),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function fill(log: AuditLog, count: number): void {
  for (let i = 0; i < count; i++)
    log.append({ kind: 'command', id: `c-${i}`, by: 'Ada Łovelace', value: i, note: '\uFFFD' })
}

describe('the audit log', () => {
  it('names node and time in its first entry, chains each entry to the one before, and tells its head', () => {
    using h = place()
    using log = h.open()
    fill(log, 3)
    const lines = readFileSync(join(h.folder, '0000000001.jsonl'), 'utf8').trimEnd().split('\n')
    const entries = lines.map((line) => JSON.parse(line))
    assert.deepEqual([entries[0].kind, entries[0].node, entries[0].t], ['genesis', 'pi', h.clock.now()])
    assert.deepEqual(entries.map(({ prev }) => prev).slice(1), entries.map(({ hash }) => hash).slice(0, -1))
    assert.deepEqual(log.head, { seq: 4, hash: entries[3].hash, t: h.clock.now() })
    assert.deepEqual(h.heads.at(-1), log.head)
    assert.deepEqual(verifyAudit(h.folder), { entries: 4, first: 1, head: log.head, faults: [], notes: [] })
  })

  it('goes on over a restart, and over files', () => {
    using h = place({ size: 1_000 })
    for (let i = 0; i < 3; i++) {
      using log = h.open()
      fill(log, 5)
    }
    assert.ok(h.files().length > 2)
    const verdict = verifyAudit(h.folder)
    assert.deepEqual([verdict.entries, verdict.faults, verdict.notes], [16, [], []])
  })

  it('drops its oldest files beyond a number, and says which entries went', () => {
    using h = place({ size: 500, files: 3 })
    using log = h.open()
    fill(log, 40)
    assert.equal(h.files().length, 3)
    const { faults, notes } = verifyAudit(h.folder)
    assert.deepEqual(faults, [])
    assert.match(notes[0] ?? '', /^entries 1 to \d+ were dropped with the oldest files/)
  })

  it('any byte that is changed is found', () => {
    using h = place({ size: 900 })
    {
      using log = h.open()
      fill(log, 9)
    }
    let total = 0
    const files = h.files().map((name) => {
      const bytes = readFileSync(join(h.folder, name))
      total += bytes.length
      return { path: join(h.folder, name), bytes, from: total - bytes.length }
    })
    assert.ok(files.length > 1)
    fc.assert(
      fc.property(fc.nat(total - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const file = files.find(({ from, bytes }) => at >= from && at < from + bytes.length)
        assert.ok(file)
        const offset = at - file.from
        const bytes = Buffer.from(file.bytes)
        bytes[offset] = (bytes[offset] as number) ^ change
        writeFileSync(file.path, bytes)
        assert.notDeepEqual(verifyAudit(h.folder).faults, [])
        writeFileSync(file.path, file.bytes)
      }),
      { numRuns: 400 },
    )
    assert.deepEqual(verifyAudit(h.folder).faults, [])
  })

  it('a line that is taken out, doubled or moved is found, and where', () => {
    using h = place()
    {
      using log = h.open()
      fill(log, 5)
    }
    const file = join(h.folder, h.files()[0] as string)
    const lines = readFileSync(file, 'utf8').split('\n')
    const tried = (change: string[]) => {
      writeFileSync(file, change.join('\n'))
      return verifyAudit(h.folder).faults
    }
    assert.deepEqual(tried(lines.toSpliced(2, 1))[0], {
      ...{ file: '0000000001.jsonl', line: 3 },
      message: 'entries 3 to 3 are missing before it',
    })
    assert.equal(tried(lines.toSpliced(2, 0, lines[2] as string))[0]?.line, 4)
    assert.equal(tried(lines.toSpliced(1, 2, lines[2] as string, lines[1] as string))[0]?.line, 2)
    assert.deepEqual(tried(lines), [])
  })

  it('a last line that was cut off is said, and the log goes on and explains it', () => {
    using h = place()
    {
      using log = h.open()
      fill(log, 2)
    }
    const [name = ''] = h.files()
    appendFileSync(join(h.folder, name), '{"seq":4,"prev":"ab')
    assert.match(verifyAudit(h.folder).faults[0]?.message ?? '', /^it is cut off after 19 bytes/)
    {
      using log = h.open()
      fill(log, 1)
      assert.equal(log.head?.seq, 5)
    }
    const { faults, notes, entries } = verifyAudit(h.folder)
    assert.deepEqual([faults, entries], [[], 5])
    assert.match(notes[0] ?? '', /^0000000001.jsonl:4 was cut off after 19 bytes, as by a loss of power/)
    // what was cut off is part of what the next file vouches for
    appendFileSync(join(h.folder, name), 'x')
    assert.equal(verifyAudit(h.folder).faults.length, 1)
  })

  it('a log of which the very first line was cut off begins anew', () => {
    using h = place()
    writeFileSync(join(h.folder, '0000000001.jsonl'), '{"se')
    using log = h.open()
    fill(log, 1)
    assert.equal(log.head?.seq, 2)
  })

  it('entries that were taken from its end are missed at the next start, and by an anchor at once', () => {
    using h = place({ state: true })
    let anchor: AuditHead | undefined
    {
      using log = h.open()
      fill(log, 5)
      anchor = log.head
    }
    const file = join(h.folder, h.files()[0] as string)
    const lines = readFileSync(file, 'utf8').split('\n')
    writeFileSync(file, `${lines.slice(0, 4).join('\n')}\n`)
    assert.deepEqual(verifyAudit(h.folder).faults, [])
    assert.ok(anchor)
    const found = verifyAudit(h.folder, { anchors: [anchor] }).faults
    assert.match(found[0]?.message ?? '', /^entry 6, of which there is an anchor, is missing: the log ends with 4/)
    using _log = h.open()
    assert.match(verifyAudit(h.folder).faults[0]?.message ?? '', /^entries 5 to 6 were there once and are gone/)
  })

  it('a chain that was made anew as a whole fits no anchor', () => {
    using h = place()
    using other = place()
    other.clock.step(1)
    using log = h.open()
    using forged = other.open()
    assert.ok(log.head && forged.head)
    assert.deepEqual(verifyAudit(other.folder).faults, [])
    assert.equal(verifyAudit(other.folder, { anchors: [log.head] }).faults.length, 1)
  })

  it('can be looked at from an entry on, without those before it', () => {
    using h = place({ size: 600 })
    {
      using log = h.open()
      fill(log, 12)
    }
    const files = h.files()
    unlinkSync(join(h.folder, files[0] as string))
    assert.match(verifyAudit(h.folder).faults[0]?.message ?? '', /^entries 1 to \d are missing/)
    const verdict = verifyAudit(h.folder, { from: 9 })
    assert.deepEqual([verdict.faults, verdict.entries], [[], 5])
  })

  it('where the disk is full it says no, keeps what waits in order, and goes on when there is room', () => {
    using h = place()
    // a limit on the size of files fails as a full disk does: part of a line is written, then EFBIG
    const script = `
      import { execFileSync } from 'node:child_process'
      import { AuditLog } from ${JSON.stringify(new URL('log.ts', import.meta.url).href)}
      const quiet = { error() {}, warn() {}, info() {} }
      const options = { folder: ${JSON.stringify(h.folder)}, clock: Date, node: 'pi', habitat: 'sam', log: quiet }
      const log = AuditLog.open(options)
      const said = []
      for (let i = 0; i < 12; i++) said.push(log.append({ kind: 'command', id: String(i) }))
      for (let i = 12; i < 1_100; i++) log.append({ kind: 'command', id: String(i) })
      execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited'])
      console.log(JSON.stringify({ said, waiting: log.waiting, after: log.append({ kind: 'command', id: 'last' }) }))`
    const limited = spawnSync('sh', ['-c', 'ulimit -S -f 2; exec "$0" --input-type=module --eval "$1"', process.execPath, script]) // biome-ignore format: one line
    const { said, waiting, after } = JSON.parse(limited.stdout.toString() || `"${limited.stderr}"`)
    assert.deepEqual([said[0], said.at(-1), waiting, after], [true, false, 1_000, true])
    const lines = readFileSync(join(h.folder, '0000000001.jsonl'), 'utf8').trimEnd().split('\n')
    const entries = lines.map((line) => JSON.parse(line))
    const ids = entries.flatMap(({ id }) => (id === undefined ? [] : [Number(id)]))
    assert.deepEqual(
      ids,
      ids.map((_, i) => i),
    )
    // what memory had no room for is counted
    assert.deepEqual([entries.at(-1).kind, entries.at(-1).count], ['missed', 1_100 + 1 - ids.length])
    assert.deepEqual(verifyAudit(h.folder).faults, [])
  })
})
