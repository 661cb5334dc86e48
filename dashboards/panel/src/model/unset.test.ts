import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NodeStatus } from '@habtwin/contract/device'
import { unsetClock } from './unset.ts'

const told = { synced: false, reason: 'nobody vouches for it yet', since: 0, node: 'pi', waiting: 12 }
const status = (synced?: boolean, state: NodeStatus['state'] = 'online'): ReadonlyMap<string, NodeStatus> =>
  new Map([
    [
      'pi',
      {
        state,
        t: 0,
        version: '',
        boot: '',
        journal: '',
        ...(synced === undefined ? {} : { clock: { synced, reason: 'told live', since: 0 } }),
      },
    ],
  ])

test('a clock that is not set is shown as the live line says it, else as REST does', () => {
  assert.deepEqual(unsetClock(status(false), undefined), { node: 'pi', reason: 'told live', waiting: 0 })
  assert.deepEqual(unsetClock(status(false), told), { node: 'pi', reason: 'told live', waiting: 12 })
  assert.deepEqual(unsetClock(new Map(), told), { node: 'pi', reason: told.reason, waiting: 12 })
})

test('no sign of it stays once it is set, or where nobody speaks of it, or its node is gone', () => {
  assert.equal(unsetClock(status(true), told), undefined, 'REST is asked again later')
  assert.equal(unsetClock(status(), undefined), undefined)
  assert.equal(unsetClock(new Map(), { ...told, synced: true }), undefined)
  assert.equal(unsetClock(status(false, 'offline'), undefined), undefined)
})
