import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { isHabtwinError } from '@habtwin/contract'
import { EARLIEST, TestClock } from '../clock.ts'
import { userOf } from './client-user.ts'
import { authorityFile, caFile, issueClient, ownAuthority, ownServer, renewalOf, serverFile } from './own.ts'
import { certificatesIn, pairOf, readPair } from './pair.ts'

const DAY = 86_400_000
const NAMES = ['sam.local', 'localhost', '127.0.0.1', '::1']

function place(clock = new TestClock()) {
  const folder = join(mkdtempSync(join(tmpdir(), 'habtwin-tls-')), 'tls')
  const own = { folder, habitat: 'sam', clock }
  return { own, folder, clock, [Symbol.dispose]: () => rmSync(join(folder, '..'), { recursive: true, force: true }) }
}

describe('certificates of our own', () => {
  it('an authority is made once, for ten years, and may sign no further authority', async () => {
    using at = place()
    const made = await ownAuthority(at.own)
    assert.equal((await ownAuthority(at.own)).fingerprint, made.fingerprint)
    assert.ok(made.leaf.ca)
    assert.ok(made.leaf.verify(made.leaf.publicKey))
    assert.ok(Math.abs(made.to - at.clock.now() - 3_652 * DAY) < DAY)
    assert.equal(readFileSync(caFile(at.folder), 'utf8'), made.certificate)
    assert.doesNotMatch(readFileSync(caFile(at.folder), 'utf8'), /PRIVATE/)
    // RFC 5280, 4.2.1.9: BasicConstraints ::= SEQUENCE { cA TRUE, pathLenConstraint 0 }
    assert.ok(made.leaf.raw.includes(Buffer.from([0x30, 0x06, 0x01, 0x01, 0xff, 0x02, 0x01, 0x00])))
  })

  it('keys are for this user alone', async () => {
    using at = place()
    await ownServer(at.own, 'gateway', NAMES)
    assert.equal(statSync(at.folder).mode & 0o777, 0o700)
    assert.deepEqual(readdirSync(at.folder).sort(), ['authority.pem', 'ca.pem', 'gateway.pem'])
    for (const name of readdirSync(at.folder)) assert.equal(statSync(join(at.folder, name)).mode & 0o777, 0o600)
  })

  it('of two processes that make an authority at once, both take the one that was first', async () => {
    using at = place()
    const [a, b] = await Promise.all([ownAuthority(at.own), ownAuthority(at.own)])
    assert.equal(a.fingerprint, b.fingerprint)
  })

  it('a server is certified for its names and addresses, for no more than 397 days', async () => {
    using at = place()
    const pair = await ownServer(at.own, 'gateway', NAMES)
    const { leaf } = await ownAuthority(at.own)
    assert.deepEqual([...pair.names].sort(), [...NAMES].sort())
    assert.ok(pair.to - pair.from <= 397 * DAY)
    assert.ok(pair.leaf.checkIssued(leaf) && pair.leaf.verify(leaf.publicKey))
    assert.equal(pair.leaf.checkHost('sam.local'), 'sam.local')
    assert.equal(pair.leaf.checkIP('::1'), '::1')
    assert.equal(pair.leaf.checkHost('elsewhere.example'), undefined)
    assert.equal((await ownServer(at.own, 'gateway', NAMES)).fingerprint, pair.fingerprint)
  })

  it('it is made anew before it ends, for a name that is new, and after another authority', async () => {
    using at = place()
    const first = await ownServer(at.own, 'gateway', NAMES)
    await at.clock.advance(200 * DAY)
    assert.equal((await ownServer(at.own, 'gateway', NAMES)).fingerprint, first.fingerprint)
    await at.clock.advance(80 * DAY)
    const second = await ownServer(at.own, 'gateway', NAMES)
    assert.notEqual(second.fingerprint, first.fingerprint)
    assert.ok(second.to > first.to)
    const third = await ownServer(at.own, 'gateway', [...NAMES, '10.0.0.7'])
    assert.ok(third.names.includes('10.0.0.7'))
    rmSync(authorityFile(at.folder))
    const authority = await ownAuthority(at.own)
    assert.equal(renewalOf(third, authority, NAMES, at.clock), 'another authority signed it')
  })

  it('an authority near its end is followed by one of the same key, so that what it signed stays valid', async () => {
    using at = place()
    const old = await ownAuthority(at.own)
    await at.clock.advance(3_300 * DAY)
    const pair = await ownServer(at.own, 'gateway', NAMES)
    const next = await ownAuthority(at.own)
    assert.notEqual(next.fingerprint, old.fingerprint)
    assert.ok(next.to > old.to + 3_000 * DAY)
    assert.equal(next.leaf.subject, old.leaf.subject)
    assert.ok(pair.leaf.verify(old.leaf.publicKey) && pair.leaf.checkIssued(old.leaf))
  })

  it('a clock that shows 1970 makes no certificate of 1970, and renews none', async () => {
    using at = place(new TestClock(0))
    const pair = await ownServer(at.own, 'gateway', NAMES)
    const authority = await ownAuthority(at.own)
    assert.equal(authority.from, EARLIEST)
    assert.ok(authority.to > EARLIEST + 3_651 * DAY)
    assert.equal(pair.from, EARLIEST)
    assert.equal(pair.to, EARLIEST + 397 * DAY)
    assert.equal((await ownServer(at.own, 'gateway', NAMES)).fingerprint, pair.fingerprint)
  })

  it('what a clock made that was ahead is made anew when that is put right', async () => {
    using at = place(new TestClock(Date.UTC(2031, 0, 1)))
    const wrong = await ownServer(at.own, 'gateway', NAMES)
    at.clock.step(Date.UTC(2026, 10, 21) - at.clock.now())
    const right = await ownServer(at.own, 'gateway', NAMES)
    assert.ok(wrong.from > at.clock.now())
    assert.ok(right.from < at.clock.now() && right.to > at.clock.now() + 300 * DAY)
  })

  it('a damaged certificate is made anew; a damaged authority is told, for others trust it', async () => {
    using at = place()
    const before = await ownServer(at.own, 'gateway', NAMES)
    writeFileSync(serverFile(at.folder, 'gateway'), before.certificate.slice(0, 200))
    assert.notEqual((await ownServer(at.own, 'gateway', NAMES)).fingerprint, before.fingerprint)
    writeFileSync(authorityFile(at.folder), '')
    await assert.rejects(ownAuthority(at.own), (error) => isHabtwinError(error, 'tls/invalid'))
  })

  it('a client is certified as a user, by URI and common name', async () => {
    using at = place()
    const made = await issueClient(at.own, 'mars-base', 30)
    const pair = pairOf(made.certificate, made.key, 'c', 'k')
    assert.equal(userOf(pair.leaf), 'mars-base')
    assert.equal(pair.to, Math.floor((at.clock.now() + 30 * DAY) / 1_000) * 1_000)
  })
})

describe('a certificate and its key', () => {
  it('of two pairs mixed up it is said which key belongs to which certificate not', async () => {
    using at = place()
    await ownServer(at.own, 'gateway', NAMES)
    await ownServer(at.own, 'sim', NAMES)
    const [a, b] = [serverFile(at.folder, 'gateway'), serverFile(at.folder, 'sim')]
    assert.throws(
      () => readPair(a, b),
      (error) => isHabtwinError(error, 'tls/mismatch') && error.message.includes(b),
    )
  })

  it('what is not there or is none is told with its file', () => {
    using at = place()
    assert.throws(
      () => readPair(join(at.folder, 'none.pem'), 'x'),
      (error) => isHabtwinError(error, 'tls/unreadable') && error.where === join(at.folder, 'none.pem'),
    )
    assert.throws(
      () => pairOf('no certificate', 'no key', 'a.pem', 'b.pem'),
      (error) => isHabtwinError(error, 'tls/invalid'),
    )
    assert.throws(
      () => certificatesIn('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', 'a.pem'),
      (error) => isHabtwinError(error, 'tls/invalid'),
    )
  })

  it('a key with a passphrase is refused with the reason', async () => {
    using at = place()
    const { certificate } = await ownServer(at.own, 'gateway', NAMES)
    const { generateKeyPairSync } = await import('node:crypto')
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
    })
    assert.throws(
      () => pairOf(certificate, privateKey, 'a.pem', 'b.pem'),
      (error) => isHabtwinError(error, 'tls/invalid') && /passphrase/.test(error.message),
    )
  })
})
