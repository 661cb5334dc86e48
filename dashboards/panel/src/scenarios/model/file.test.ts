import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BadFile, readRun } from './file.ts'

const run = {
  step_num: [1, 2],
  agents: {
    human: {
      active: [4, 4],
      storage: {},
      attributes: { age: [1, 2] },
      flows: { in: { o2: { hab: [0.1, 0.1] } }, out: {} },
      cause_of_death: null,
    },
  },
}
const said = (text: string) => {
  try {
    readRun(text)
  } catch (error) {
    if (error instanceof BadFile) return error.message
    throw error
  }
  return ''
}

test('a saved run is read', () => {
  assert.equal(readRun(JSON.stringify(run)).kind, 'run')
})

test('the results of several seeds are read', () => {
  const ensemble = {
    step_num: [1],
    quantiles: [0.5],
    points: [{ at: {}, runs: 3, columns: { 'human.active': [[4]] } }],
  }
  assert.equal(readRun(JSON.stringify(ensemble)).kind, 'ensemble')
})

test('a file that is no run is refused in words that say what is wrong', () => {
  assert.match(said(''), /empty/)
  assert.match(said(JSON.stringify(run).slice(0, -9)), /not JSON, or was cut off/)
  assert.match(said('step_num,human.active\n1,4\n'), /CSV/)
  assert.match(said('[1, 2]'), /no run/)
  assert.match(said('{"habitat": {}}'), /no “step_num”/)
  assert.match(said('{"step_num": []}'), /no steps/)
  assert.match(said('{"step_num": [2, 1], "agents": {}}'), /rise/)
  assert.match(said('{"step_num": [1]}'), /neither “agents”/)
  assert.match(said('{"step_num": [1], "agents": {}}'), /no agents/)
})

test('a column of the wrong length is named with its place', () => {
  const broken = structuredClone(run)
  broken.agents.human.flows.in.o2.hab = [0.1]
  assert.match(said(JSON.stringify(broken)), /agents\.human\.flows\.in\.o2\.hab/)
  const worded = JSON.stringify(run).replace('"active":[4,4]', '"active":[4,"four"]')
  assert.match(said(worded), /agents\.human\.active/)
})
