/** `habtwin run` as people call it: files in, files out, words, and what is refused. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import type { RunRecord } from '@habtwin/contract'
import { type Ended, habtwin, launcher, temporaryFolder } from '../../../test/support/line.ts'
import { until } from '../../../test/support/until.ts'

/** Agents that can be reckoned by hand: a tank, those who drink of it, and some that cannot be built. */
const agents = {
  tank: { agent_class: 'storage', capacity: { potable: 1000 }, storage: { potable: 100 } },
  crew: {
    agent_class: 'inhabitants',
    flows: {
      in: { potable: { value: 1, connections: ['tank'], deprive: { value: 5, unit: 'hour' } } },
      out: { urine: { value: 0.75, requires: ['potable'], connections: ['sump'] } },
    },
  },
  sump: { agent_class: 'storage', capacity: { urine: 1000 } },
  chicken: { prototypes: ['egg'] },
  egg: { prototypes: ['chicken'] },
}
const currencies = {
  water: { potable: { label: 'Potable water', unit: 'kg' }, urine: { label: 'Urine', unit: 'kg' } },
}

/** 100 kg for two: it lasts 50 h; they die 5 h later. */
const config = {
  agents: { tank: { amount: 1 }, crew: { amount: 2 }, sump: { amount: 1 } },
  termination: [{ condition: 'time', value: 3, unit: 'day' }],
  seed: 5,
  priorities: ['storage', 'inhabitants'],
}

/** A folder with the library, and what is written into it. */
function place(context: TestContext) {
  const folder = temporaryFolder()
  context.after(() => folder[Symbol.dispose]())
  const at = (name: string) => join(folder.path, name)
  const write = (name: string, content: unknown) => {
    writeFileSync(at(name), typeof content === 'string' ? content : JSON.stringify(content))
    return at(name)
  }
  mkdirSync(at('library'))
  write('library/agent_desc.json', agents)
  write('library/currency_desc.json', currencies)
  return {
    at,
    write,
    files: () => readdirSync(folder.path).sort(),
    run: (scenario: string, ...args: string[]) => habtwin('run', scenario, '--library', at('library'), ...args),
  }
}

const read = (file: string) => readFileSync(file, 'utf8')
const record = (file: string): RunRecord => JSON.parse(read(file))

function succeeded({ status, err }: Ended): void {
  assert.equal(err, '')
  assert.equal(status, 0)
}

test('the records are columns by agent, and the figures are those that one reckons by hand', async (context) => {
  const { at, write, run, files } = place(context)
  succeeded(await run(write('config.json', config), '--out', at('x.json')))
  const { step_num, agents } = record(at('x.json'))
  assert.deepEqual(
    step_num,
    Array.from({ length: 72 }, (_, i) => i + 1),
  )
  assert.deepEqual(Object.keys(agents), ['tank', 'crew', 'sump'])
  const drunk = step_num.map((step) => (step <= 50 ? 2 : 0))
  assert.deepEqual(agents.crew, {
    active: step_num.map((step) => (step <= 55 ? 2 : 0)),
    flows: {
      in: { potable: { tank: drunk } },
      out: { urine: { sump: drunk.map((kg) => kg * 0.75) } },
    },
    storage: {},
    attributes: {},
    cause_of_death: 'without potable',
  })
  // an agent is recorded at its own turn: the tank is before the crew
  assert.deepEqual(agents.tank?.storage.potable?.slice(0, 4), [100, 98, 96, 94])
  assert.equal(agents.tank?.cause_of_death, null)
  assert.deepEqual(files(), ['config.json', 'library', 'x.json'])
})

test('CSV and NDJSON have the same figures, with units in the first line of NDJSON', async (context) => {
  const { at, write, run } = place(context)
  const scenario = write('config.json', config)
  for (const name of ['x.json', 'x.ndjson', 'x.CSV']) succeeded(await run(scenario, '--out', at(name), '--seed', '9'))
  const [about, ...rows] = read(at('x.ndjson'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const [head, ...lines] = read(at('x.CSV')).trimEnd().split('\n')
  assert.equal(about.seed, 9)
  assert.equal(about.rule, 'simoc')
  assert.deepEqual(about.columns.at(-1), { name: 'sump.storage.urine', unit: 'kg' })
  assert.equal(head, ['step_num', ...about.columns.map(({ name }: { name: string }) => name)].join(','))
  assert.deepEqual(
    lines,
    rows.map((row) => Object.values(row).join(',')),
  )
  const { step_num, agents } = record(at('x.json'))
  assert.deepEqual(
    step_num,
    rows.map((row) => row.step_num),
  )
  assert.deepEqual(
    agents.sump?.storage.urine,
    rows.map((row) => row['sump.storage.urine']),
  )
})

test('each Nth step is kept, and the last, which are the same as without it', async (context) => {
  const { at, write, run } = place(context)
  const scenario = write('config.json', config)
  succeeded(await run(scenario, '--out', at('all.json')))
  succeeded(await run(scenario, '--out', at('some.json'), '--every', '20'))
  const [all, some] = [record(at('all.json')), record(at('some.json'))]
  assert.deepEqual(some.step_num, [20, 40, 60, 72])
  assert.deepEqual(
    some.agents.tank?.storage.potable,
    some.step_num.map((step) => all.agents.tank?.storage.potable?.[step - 1]),
  )
})

test('the summary says who died of what and when, and what fell short; that is no failure', async (context) => {
  const { write, run } = place(context)
  const { status, out } = await run(write('config.json', config))
  assert.equal(status, 0)
  assert.match(out, /^config\.json \(SIMOC configuration\), seed 5$/m)
  assert.match(out, /^3 days in 72 steps, run in .* s: [\d,]+ steps\/s$/m)
  assert.match(out, /^ +crew +0 of 2 +died after 2 days 8 h: without potable$/m)
  assert.match(out, /^ +tank\.potable +after 2 days 3 h +\(hour 51\)$/m)
})

test('with --json there is one line on standard output, and nothing else anywhere', async (context) => {
  const { at, write, run } = place(context)
  const { status, out, err } = await run(write('config.json', config), '--json', '--out', at('x.csv'))
  assert.deepEqual([status, err], [0, ''])
  const { lived, ranOut, stopped, seed, out: file } = JSON.parse(out)
  assert.deepEqual(lived, { crew: { active: 0, amount: 2, cause: 'without potable', died: { first: 56, last: 56 } } })
  assert.deepEqual(ranOut, [{ what: 'tank.potable', hour: 51 }])
  assert.deepEqual([stopped, seed], [false, 5])
  assert.deepEqual(file, { file: at('x.csv'), rows: 72, columns: 7, bytes: statSync(at('x.csv')).size })
})

test('YAML is as good as JSON, and a preset needs no file and no library', async (context) => {
  const { write, run } = place(context)
  const yaml = `agents: { tank: {}, crew: {}, sump: {} }\ntermination: [{ condition: time, value: 5 }]\n`
  assert.match((await run(write('config.yaml', yaml))).out, /^5 h in 5 steps/m)
  assert.match(
    (await habtwin('run', 'one_person_10_days', '--steps', '4')).out,
    /^one_person_10_days .*\n.* in 4 steps/,
  )
})

test('a file wins over a preset of its name', async (context) => {
  const { at, write } = place(context)
  write('one_person_10_days', config)
  const child = spawn(process.execPath, [launcher, 'run', 'one_person_10_days', '--library', 'library'], {
    cwd: at('.'),
  })
  const out = (await Array.fromAsync(child.stdout.setEncoding('utf8'))).join('')
  assert.match(out, /SIMOC configuration/)
})

test('changes hold from the beginning, or from the hour that is given', async (context) => {
  const { at, write, run } = place(context)
  const scenario = write('config.json', config)
  const changes = ['--change', 'tank.storage.potable=+100', '--change', 'crew.amount=+2@1d']
  succeeded(await run(scenario, '--out', at('x.json'), ...changes))
  const { crew, tank } = record(at('x.json')).agents
  assert.equal(tank?.storage.potable?.[0], 200)
  assert.deepEqual(crew?.active.slice(22, 26), [2, 2, 4, 4])
})

const flows = (flow: object) => ({
  ...config,
  agents: { ...config.agents, crew: { flows: { in: { potable: flow } } } },
})

const faults: [string, unknown, RegExp[]][] = [
  [
    'an unknown agent',
    { ...config, agents: { ...config.agents, yeti: { amount: 1 } } },
    [/^ {2}agents\.yeti: there is no such agent/m],
  ],
  [
    'an unknown currency',
    { ...config, agents: { ...config.agents, tank: { storage: { beer: 1 } } } },
    [/^ {2}agents\.tank\.storage\.beer: there is no currency "beer"$/m],
  ],
  [
    'an unknown prototype',
    { ...config, agents: { a: { prototypes: ['b'] } } },
    [/^ {2}agents\.a\.prototypes: "b" is not in the library$/m],
  ],
  [
    'a loop of prototypes',
    { ...config, agents: { chicken: {} } },
    [/^ {2}agents\.chicken\.prototypes: they form a loop/m],
  ],
  [
    'a flow without connection',
    { ...config, agents: { a: { flows: { in: { potable: { value: 1 } } } } } },
    [/^ {2}agents\.a\.flows\.in\.potable\.connections: a flow must be connected to something$/m],
  ],
  [
    'text for a number',
    flows({ value: 'much' }),
    [/^ {2}agents\.crew\.flows\.in\.potable\.value: must be a number, not "much"$/m],
  ],
  ['a termination that never comes', { ...config, termination: [] }, [/^ {2}termination: it never ends/m]],
  [
    'several faults at once, each on its own line',
    { agents: { crew: { amount: 'two' }, yeti: {} }, termination: [{ condition: 'hunger' }] },
    [/^ {2}agents\.yeti: /m, /^ {2}agents\.crew\.amount: /m, /^ {2}termination\[0\]\.condition: /m],
  ],
  ['what is no scenario at all', { greeting: 'hello' }, [/cannot be run/]],
  ['a list', '[1, 2]', [/a scenario is an object/]],
  ['JSON that breaks off', '{"agents": {', [/config\.json is no JSON: .*line 1 column 13/]],
]

for (const [name, content, patterns] of faults) {
  test(`refused with its path: ${name}`, async (context) => {
    const { at, write, run, files } = place(context)
    const { status, out, err } = await run(write('config.json', content), '--out', at('x.json'))
    assert.deepEqual([status, out], [1, ''])
    for (const pattern of patterns) assert.match(err, pattern)
    assert.doesNotMatch(err, /\n +at /)
    assert.deepEqual(files(), ['config.json', 'library'])
  })
}

test('a configuration of 50 MB is refused at once', async (context) => {
  const { write, run } = place(context)
  const { status, err } = await run(write('config.json', `{"agents": {}, "note": "${'x'.repeat(50_000_000)}"}`))
  assert.equal(status, 1)
  assert.match(err, /config\.json is too large: a scenario has at most 4 MB \[scenario\/unreadable\]/)
})

test('YAML that is broken, or grows without end, is refused and says where', async (context) => {
  const { write, run } = place(context)
  const tab = await run(write('tab.yaml', 'duration: 1 d\nagents:\n\ta: 3\n'))
  assert.match(tab.err, /Tabs are not allowed as indentation at line 3, column 1/)
  const tenfold = ['a', 'b', 'c', 'd', 'e'].map((id, i, all) => `${id}: &${id} [${`*${all[i - 1]},`.repeat(10)}]`)
  const bomb = await run(write('bomb.yaml', ['a: &a [1]', ...tenfold.slice(1), 'agents: *e'].join('\n')))
  assert.match(bomb.err, /bomb\.yaml cannot be read: Excessive alias count/)
  assert.deepEqual([tab.status, bomb.status], [1, 1])
})

test('what is not there is said, with what there is', async (context) => {
  const { at, write, run } = place(context)
  assert.match((await run('nobody')).err, /neither a file nor a preset "nobody"; the presets are .*one_person_10_days/)
  assert.match((await run(at('none.yaml'))).err, /none\.yaml cannot be read: ENOENT/)
  const scenario = write('config.json', config)
  assert.match(
    (await habtwin('run', scenario, '--library', at('.'))).err,
    /agent_desc\.json cannot be read.*\n.*--library/,
  )
  assert.match((await habtwin('run', scenario)).err, /is a SIMOC configuration and needs its library.*\n.*--library/)
})

test('wrong use is told apart from failure by its status', async (context) => {
  const { at, write, run } = place(context)
  const scenario = write('config.json', config)
  for (const [option, value, said] of [
    ['--out', at('x.txt'), /must end in \.json, \.ndjson or \.csv/],
    ['--seed', '-1', /whole number/],
    ['--seed', '4294967296', /at most 4294967295/],
    ['--steps', 'many', /whole number/],
    ['--every', '0', /at least 1/],
    ['--change', 'crew=4', /Write AGENT\.amount/],
  ] as const) {
    const { status, err } = await run(scenario, option, value)
    assert.equal(status, 2, err)
    assert.match(err, said)
  }
  assert.equal((await habtwin('run')).status, 2)
})

test('a change that does not fit the model is refused with its place', async (context) => {
  const { write, run } = place(context)
  const { status, err } = await run(
    write('config.json', config),
    '--change',
    'yeti.amount=1',
    '--change',
    'tank.storage.beer=1',
  )
  assert.equal(status, 1)
  assert.match(err, /^ {2}changes\[0\]\.agent: there is no agent "yeti"; there are tank, crew, sump$/m)
  assert.match(err, /^ {2}changes\[1\]\.storage\.beer: tank holds potable$/m)
})

test('a thousand million steps whose records would not fit are refused, with what would', async (context) => {
  const { at, write, run, files } = place(context)
  const scenario = write('config.json', config)
  const { status, err } = await run(scenario, '--steps', '100000000000000', '--out', at('x.json'))
  assert.equal(status, 1)
  assert.match(err, /100,000,000,000,000 steps with 7 values each.* need at least .*: --every \d+0+ would fit/)
  assert.deepEqual(files(), ['config.json', 'library'])
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  for (const format of ['json', 'ndjson', 'csv']) {
    test(`${signal} leaves a ${format} file that is whole, with the last step that was run`, async (context) => {
      const { at, write, files } = place(context)
      const file = at(`x.${format}`)
      const args = ['run', write('config.json', config), '--library', at('library'), '--out', file]
      const child = spawn(process.execPath, [launcher, ...args, '--steps', '1000000000', '--every', '999'])
      const out = Array.fromAsync(child.stdout.setEncoding('utf8'))
      await until(() => files().some((name) => name.endsWith('.part')), 'it has begun')
      child.kill(signal)
      const [status] = await once(child, 'close')
      assert.equal(status, 130)
      const said = /^Stopped at step ([\d,]+) of 1,000,000,000/m.exec((await out).join(''))
      assert.match((await out).join(''), new RegExp(`^What was run is in .*x\\.${format}: `, 'm'))
      assert.deepEqual(files(), ['config.json', 'library', `x.${format}`])
      const last = Number(said?.[1]?.replaceAll(',', ''))
      const steps = stepsIn(file)
      if (last > 0) assert.equal(steps.at(-1), last)
      assert.deepEqual(
        steps.slice(0, -1),
        steps.slice(0, -1).map((_, i) => (i + 1) * 999),
      )
    })
  }
}

function stepsIn(file: string): number[] {
  if (file.endsWith('.json')) return record(file).step_num
  const lines = read(file).trimEnd().split('\n').slice(1)
  return lines.map((line) => (file.endsWith('.csv') ? Number.parseInt(line, 10) : JSON.parse(line).step_num))
}

test('where the disk takes no more, that is said, and what was there before stays', async (context) => {
  const { at, write, files } = place(context)
  const file = write('x.csv', 'of yesterday')
  const scenario = write('config.json', config)
  // no file of more than 2 kB
  const command = `ulimit -f 2; exec "${process.execPath}" "${launcher}" run "${scenario}" --library "${at('library')}" --steps 500 --out "${file}"`
  const child = spawn('bash', ['-c', command])
  const err = Array.fromAsync(child.stderr.setEncoding('utf8'))
  const [status] = await once(child, 'close')
  assert.equal(status, 1)
  assert.match((await err).join(''), /x\.csv cannot be written: .*too large.* \[run\/output\]\n +Make room/)
  assert.equal(read(file), 'of yesterday')
  assert.deepEqual(files(), ['config.json', 'library', 'x.csv'])
})

test('a file that cannot be written is known before anything is run', async (context) => {
  const { at, write, run, files } = place(context)
  const scenario = write('config.json', config)
  mkdirSync(at('folder.csv'))
  for (const file of [at('none/x.csv'), at('folder.csv'), '/proc/x.json']) {
    const { status, err } = await run(scenario, '--steps', '1000000000', '--every', '1000000', '--out', file)
    assert.equal(status, 1)
    assert.match(err, / cannot be written: .* \[run\/output\]/)
  }
  assert.deepEqual(files(), ['config.json', 'folder.csv', 'library'])
})

/** Configurations, libraries and trajectories of SIMOC: not ours, and so not in this repository. */
const REFERENCE = fileURLToPath(new URL('../../../../shared/reference/simoc/', import.meta.url))

test('a SIMOC configuration has the trajectory that SIMOC gives it', {
  skip: existsSync(REFERENCE) ? false : `the reference is not there: ${REFERENCE}`,
}, async (context) => {
  const { at } = place(context)
  const scenario = join(REFERENCE, 'config_1h.json')
  succeeded(await habtwin('run', scenario, '--library', REFERENCE, '--seed', '7', '--out', at('x.json')))
  const reference = JSON.parse(gunzipSync(readFileSync(join(REFERENCE, 'trajectory_1h_seed7.json.gz'))).toString())
  const { step_num, agents } = record(at('x.json'))
  const rows = (reference.step_num as number[]).map((step) => step_num.indexOf(step))
  let compared = 0
  for (const [id, expected] of Object.entries<RunRecord['agents'][string]>(reference.agents)) {
    const agent = agents[id]
    assert.equal(agent?.cause_of_death, expected.cause_of_death)
    const columns = { active: expected.active, ...expected.storage }
    for (const [name, values] of Object.entries(columns)) {
      const own = name === 'active' ? agent?.active : agent?.storage[name]
      for (const [i, value] of values.entries()) {
        const figure = own?.[rows[i] as number] ?? Number.NaN
        assert.ok(
          Math.abs(figure - value) <= Math.max(1e-12, 1e-9 * Math.abs(value)),
          `${id}.${name}: ${figure}, not ${value}`,
        )
        compared++
      }
    }
  }
  assert.ok(compared > 5_000)
})
