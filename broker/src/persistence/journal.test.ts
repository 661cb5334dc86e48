import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { isHabtwinError } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import { BrokerJournal, type JournalParts, type SegmentFile } from './journal.ts'
import type { JournalRecord, MessageRecord } from './records.ts'

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'habtwin-journal-'))
  folders.push(folder)
  return folder
}

function message(seq: number, text: string): MessageRecord {
  return {
    kind: 'message',
    seq,
    t: 1,
    qos: 1,
    retain: false,
    topic: `t/${seq}`,
    payload: Buffer.from(text),
    sessions: [1],
  }
}

function journal(folder: string, more: Partial<JournalParts> = {}) {
  const parts = { clock: new TestClock(), segment: 1_000_000, state: () => [], live: (one: MessageRecord) => one, liveBytes: () => 0 } // biome-ignore format: one thought
  return new BrokerJournal({ folder, ...parts, ...more })
}

/** What the next process reads. */
async function read(folder: string) {
  const one = journal(folder)
  const records: JournalRecord[] = []
  await one.replay((record) => records.push(record))
  return { records, counts: one.counts, texts: records.map((record) => (record.kind === 'message' ? `${record.payload}` : record.kind)) } // biome-ignore format: one thought
}

/** Files that take so many bytes in all and then no more, as a disk does that is full. */
function quota(bytes: { left: number }): (path: string) => Promise<SegmentFile> {
  return async (path) => {
    const file = await open(path, 'wx')
    return {
      async write(data, offset, length, position) {
        if (bytes.left === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
        const most = Math.min(length, bytes.left)
        bytes.left -= most
        return file.write(data, offset, most, position)
      },
      datasync: () => file.datasync(),
      truncate: (length) => file.truncate(length),
      close: () => file.close(),
    }
  }
}

describe('the journal of the broker', () => {
  it('what was committed is read by the next process, in order; all kinds come back as they were', async () => {
    const folder = temporary()
    const one = journal(folder)
    await one.replay(() => {})
    await one.start()
    const records: JournalRecord[] = [
      {
        kind: 'session',
        number: 1,
        client: 'a',
        owner: 'crew:sam',
        away: 5,
        subscriptions: [{ topic: 'ü/+', qos: 1 }],
      },
      { ...message(1, 'ü'), retain: true, qos: 2, sessions: [1, 4_000_000_000] },
      { kind: 'done', session: 1, seq: 1 },
      { kind: 'will', client: 'a', will: { topic: 'w', payload: 'eA==', qos: 1, retain: true } },
      { kind: 'roll', sessions: [1], wills: ['a'] },
    ]
    const last = records.map((record) => one.append(record)).at(-1)
    await one.commit(last)
    assert.deepEqual((await read(folder)).records, records)
    await one.close()
  })

  it('many that come together are written together', async () => {
    const one = journal(temporary())
    await one.replay(() => {})
    await one.start()
    const before = one.counts.commits
    await Promise.all(Array.from({ length: 500 }, (_, i) => one.commit(one.append(message(i, 'x')))))
    assert.ok(one.counts.commits - before <= 2, `${one.counts.commits - before} commits`)
    await one.close()
  })

  it('what nobody waits for is on the disk a second later', async () => {
    const folder = temporary()
    const clock = new TestClock()
    const one = journal(folder, { clock })
    await one.replay(() => {})
    await one.start()
    one.append(message(1, 'lazy'))
    assert.deepEqual((await read(folder)).texts, [])
    await clock.advance(1_000)
    await one.commit()
    assert.deepEqual((await read(folder)).texts, ['lazy'])
    await one.close()
  })

  it('a write that was cut off is left out, and what comes after it is not written behind it', async () => {
    const folder = temporary()
    const one = journal(folder)
    await one.replay(() => {})
    await one.start()
    await one.commit(one.append(message(1, 'whole')))
    const [name = ''] = readdirSync(folder)
    appendFileSync(join(folder, name), Buffer.from([0, 0, 0, 99, 1, 2, 3, 4, 0, 7, 7]))
    const two = journal(folder)
    const texts: string[] = []
    await two.replay((record) => record.kind === 'message' && texts.push(`${record.payload}`))
    await two.start()
    await two.commit(two.append(message(2, 'next')))
    const { texts: all, counts } = await read(folder)
    assert.deepEqual([texts, all, counts.damaged], [['whole'], ['whole', 'next'], 0])
    await Promise.all([one.close(), two.close()])
  })

  it('a segment that is damaged is set aside and told of, and what can be read of it is kept', async () => {
    const folder = temporary()
    const one = journal(folder)
    await one.replay(() => {})
    await one.start()
    for (const [seq, text] of ['first', 'second', 'third'].entries()) await one.commit(one.append(message(seq, text)))
    await one.close()
    const [name = ''] = readdirSync(folder)
    const bytes = readFileSync(join(folder, name))
    bytes.set(Buffer.from('SECOND'), bytes.indexOf('second'))
    writeFileSync(join(folder, name), bytes)
    const told: object[] = []
    const two = journal(folder, { log: { info: () => {}, warn: (fields) => told.push(fields) } })
    await two.replay(() => {})
    await two.start()
    await two.close()
    assert.equal(told.length, 1)
    assert.ok(readdirSync(folder).includes(`${name}.damaged`))
    assert.deepEqual((await read(folder)).texts, ['first', 'third'])
  })

  it('a full disk is told to whoever waits, and what it could not write is not read later as if it had', async () => {
    const folder = temporary()
    const room = { left: 200 }
    const one = journal(folder, { create: quota(room) })
    await one.replay(() => {})
    await one.start()
    await one.commit(one.append(message(1, 'fits')))
    await assert.rejects(one.commit(one.append(message(2, 'x'.repeat(500)))), (error) =>
      isHabtwinError(error, 'data/unusable'),
    )
    room.left = 10_000
    await one.commit(one.append(message(3, 'room again')))
    await one.close()
    assert.deepEqual((await read(folder)).texts, ['fits', 'room again'])
  })

  it('the files stay within a bound: what counts of the oldest is written anew, and the file goes', async () => {
    const folder = temporary()
    const segment = 2_500
    const one = journal(folder, { segment, live: (record) => (record.seq === 7 ? record : undefined) })
    await one.replay(() => {})
    await one.start()
    for (let seq = 0; seq < 500; seq++) await one.commit(one.append(message(seq, 'x'.repeat(100))))
    const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
    assert.ok(bytes < 6 * segment, `${bytes} bytes`)
    await one.close()
    const { records } = await read(folder)
    assert.equal(records.filter((record) => record.kind === 'message' && record.seq === 7).length, 1)
  })
})
