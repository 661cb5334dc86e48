import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isHabtwinError, isOutsideFault } from '@habtwin/contract'
import { needUsers } from './needed.ts'

it('what is open beyond this machine waits for somebody who could log in, unless it is meant to be open', () => {
  const at = (host: string, insecure = false) => ({ host, port: 8883, insecure })
  const fault = (host: string, users: number, insecure = false) => {
    try {
      needUsers({ 'broker.tls': undefined, 'http.panel': at(host, insecure) }, users)
      return undefined
    } catch (error) {
      return error
    }
  }
  for (const host of ['127.0.0.1', 'localhost', '::1']) assert.equal(fault(host, 0), undefined, host)
  for (const host of ['0.0.0.0', '192.0.2.7', '::']) {
    const error = fault(host, 0)
    assert.ok(isHabtwinError(error, 'access/nobody') && error.message.startsWith('http.panel'), host)
    assert.ok(isOutsideFault(error), 'it is tried again: the first user may be made any moment')
    assert.equal(fault(host, 1), undefined)
    assert.equal(fault(host, 0, true), undefined)
  }
})
