import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TestClock } from '@habtwin/runtime/clock'
import { SerialLine, type SerialPeer } from './line.ts'

/** Answers each byte 0x05 with four bytes, and notes all that it hears. */
function echo(heard: number[] = []): SerialPeer {
  return {
    receive(bytes, send) {
      heard.push(...bytes)
      if (bytes.includes(5)) send(Uint8Array.of(1, 2, 3, 4))
    },
  }
}

/** An open line at 1,000 bytes/s, with what has come out of it and when. */
function rig(peers: SerialPeer[] = [echo()]) {
  const clock = new TestClock()
  const line = new SerialLine({ clock, baud: 10_000, peers, random: () => 0 })
  const port = line.open()
  const came: number[] = []
  const lost: string[] = []
  port.onData = (bytes) => came.push(...bytes)
  port.onClose = ({ code }) => lost.push(code)
  return { clock, line, port, came, lost }
}

describe('a simulated line', () => {
  it('takes the time for each byte that the baud rate asks for, both ways', async () => {
    const heard: number[] = []
    const { clock, port, came } = rig([echo(heard)])
    await port.write(Uint8Array.from([9, 9, 9, 9, 5]))
    // to half a millisecond, which is what the machine's timers are good for
    await clock.advance(3.4)
    assert.deepEqual(heard, [])
    await clock.advance(0.7)
    assert.equal(heard.length, 4)
    await clock.advance(4.3)
    assert.deepEqual([heard.length, came], [5, []])
    await clock.advance(0.7)
    assert.deepEqual(came, [1, 2, 3, 4])
  })

  it('lets every peer hear what is sent', async () => {
    const [one, two]: number[][] = [[], []]
    const { clock, port } = rig([echo(one), echo(two)])
    await port.write(Uint8Array.of(7))
    await clock.advance(1)
    assert.deepEqual([one, two], [[7], [7]])
  })

  it('is gone in the middle of a frame, tells so once, and leaves no timer', async () => {
    const { clock, line, port, came, lost } = rig()
    line.say(Uint8Array.from({ length: 12 }, (_, i) => i))
    await clock.advance(8)
    line.unplug()
    await clock.advance(100)
    assert.equal(came.length, 8)
    assert.deepEqual(lost, ['device/unreachable'])
    assert.equal(clock.pending, 0)
    await assert.rejects(port.write(Uint8Array.of(1)), { code: 'device/unreachable' })
    assert.throws(() => line.open(), { code: 'device/unreachable' })
    line.replug()
    line.open()
  })

  it('is for one at a time', async () => {
    const { line, port } = rig()
    assert.throws(() => line.open(), { code: 'device/unreachable', message: /already/ })
    await port.close()
    line.open()
  })

  it('bends bytes, holds answers back, and falls silent, when it is told to', async () => {
    const { clock, line, port, came } = rig()
    line.corrupt(0.5)
    line.delay(50)
    await port.write(Uint8Array.of(5))
    await clock.advance(50)
    assert.deepEqual(came, [])
    await clock.advance(10)
    assert.deepEqual(came, [0, 3, 2, 5])
    line.freeze(true)
    await port.write(Uint8Array.of(5))
    await clock.advance(1_000)
    assert.equal(came.length, 4)
  })
})
