/** The doctor on machines that are made of files. */
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { lockFolder, systemClock } from '@habtwin/runtime'
import { ownAuthority, ownServer } from '@habtwin/runtime/tls/own'
import { habtwin, temporaryFolder } from '../../../test/support/line.ts'
import { examine } from './doctor.ts'
import { Machine, type MachineOptions } from './machine.ts'
import { page, wrap } from './print.ts'

/** Nobody's: files of whoever runs the test are another's to it. */
const stranger = { uid: 4_242, gids: [] }
const vouched = () => ({ file: () => ({ path: '/run/synchronized', touched: 0 }), ask: async () => ({ synced: true, by: '' }) }) // biome-ignore format: one thought

/** A machine with these files; a content of `→ target` is a link. */
function made(context: TestContext, files: Record<string, string>, options: Partial<MachineOptions> = {}) {
  const folder = temporaryFolder()
  context.after(() => folder[Symbol.dispose]())
  const root = join(folder.path, 'root')
  for (const [path, content] of Object.entries({ 'etc/group': 'root:x:0:\n', ...files })) {
    const at = join(root, path)
    mkdirSync(dirname(at), { recursive: true })
    if (content.startsWith('→ ')) symlinkSync(content.slice(2), at)
    else writeFileSync(at, content)
  }
  const machine = new Machine({
    root,
    node: '24.1.0',
    now: () => Date.UTC(2027, 0, 1),
    evidence: vouched,
    i2c: async () => {},
    ...options,
  })
  const file = join(folder.path, 'habitat.yaml')
  const data = join(folder.path, 'data')
  return {
    root,
    machine,
    data,
    /** All that is said of one side, as `level says`. */
    async of(title: string, config?: string): Promise<string[]> {
      if (config !== undefined) writeFileSync(file, `zones: { crew: {} }\n${config}`)
      const sections = await examine({ file: config === undefined ? undefined : file, data, machine })
      const found = sections.find((section) => section.title === title)?.findings ?? []
      return found.map(({ level, says, todo = '', stops }) =>
        [`${level}${stops ? ' stop' : ''}`, says, todo].filter(Boolean).join(' | '),
      )
    },
  }
}

const bus = (path: string) => `buses: { line: { driver: serial, path: ${path} } }\ndevices: { co2: { zone: crew, driver: mhz19, bus: line } }\n` // biome-ignore format: one thought

test('a serial port is named by the name that lasts, with the bus that is on it', async (context) => {
  const { of } = made(context, {
    'dev/ttyUSB0': '',
    'dev/ttyUSB1': '',
    'dev/serial/by-id/usb-FTDI_A1-if00': '→ ../../ttyUSB1',
    'dev/tty0': '',
  })
  assert.deepEqual(await of('Serial ports', bus('/dev/serial/by-id/usb-FTDI_A1-if00')), [
    'ok | /dev/ttyUSB0',
    'ok | /dev/serial/by-id/usb-FTDI_A1-if00 (/dev/ttyUSB1), of the bus line',
  ])
})

test('a port that this user may not open is a fault where a bus is on it, with the group that may', async (context) => {
  const gid = process.getgid?.() ?? 0
  const files = { 'dev/ttyUSB0': '', 'etc/group': `dialout:x:${gid === 0 ? 20 : gid}:\n` }
  const { of, root } = made(context, files, { user: stranger })
  chmodSync(join(root, 'dev/ttyUSB0'), 0o660)
  const [said] = await of('Serial ports', bus('/dev/ttyUSB0'))
  assert.match(said ?? '', /^fault \| \/dev\/ttyUSB0, of the bus line may not be opened.*\| sudo usermod -aG dialout/)
  assert.match((await of('Serial ports'))[0] ?? '', /^note/)
})

test('a port that a bus is on and that is not there is a fault, with those that there are', async (context) => {
  const { of } = made(context, { 'dev/ttyACM0': '' })
  assert.deepEqual(await of('Serial ports', bus('/dev/ttyUSB7')), [
    'ok | /dev/ttyACM0',
    'fault | there is no /dev/ttyUSB7, which the bus line is on | plug it in, or write one of those that there are: /dev/ttyACM0',
  ])
})

test('who holds a port is told by name', async (context) => {
  const { of } = made(context, {
    'dev/ttyUSB0': '',
    'proc/4711/cmdline': '/usr/bin/minicom\0-D\0/dev/ttyUSB0\0',
    'proc/4711/fd/3': '→ /dev/ttyUSB0',
  })
  const [said] = await of('Serial ports', bus('/dev/ttyUSB0'))
  assert.match(said ?? '', /^fault \| .* is held by minicom \(process 4711\)/)
})

test('an I2C bus that is wanted and not switched on is a fault; so is the module that is not built', async (context) => {
  const wanted = 'buses: { chips: { driver: i2c } }\ndevices: { air: { zone: crew, driver: scd41, bus: chips } }\n'
  const off = made(context, {})
  assert.match((await off.of('I2C', wanted))[0] ?? '', /^fault \| there is no \/dev\/i2c-1, .*raspi-config/)
  const i2c = () => Promise.reject(new Error('not built; npm run it'))
  const unbuilt = made(context, { 'dev/i2c-1': '' }, { i2c })
  assert.deepEqual(await unbuilt.of('I2C', wanted), ['ok | /dev/i2c-1', 'fault | not built | npm run it'])
  assert.deepEqual(await unbuilt.of('I2C'), ['ok | /dev/i2c-1', 'note | not built | npm run it'])
})

test('a thermometer that is not on its 1-Wire bus is told, with the one that is', async (context) => {
  const { of } = made(context, { 'sys/bus/w1/devices/28-0316a2793aff/w1_slave': '' })
  const wanted = 'buses: { w: { driver: w1 } }\ndevices: { t: { zone: crew, driver: ds18b20, bus: w, sensor: 28-000000000001 } }\n' // biome-ignore format: one thought
  assert.deepEqual(await of('1-Wire', wanted), [
    'ok | 28-0316a2793aff',
    'fault | 28-000000000001, which is t, is not on the bus | is it one of 28-0316a2793aff?',
  ])
  const none = made(context, {})
  assert.match((await none.of('1-Wire', wanted))[0] ?? '', /^fault \| the kernel has no 1-Wire.*dtoverlay=w1-gpio/)
})

test('a TCP port that is taken stops the start, and who has it is told', async (context) => {
  // 1883 is 075B; 0A is a socket that listens
  const line = '   0: 0100007F:075B 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 31337 1\n'
  const taken = made(context, {
    'proc/net/tcp': `  sl  local_address …\n${line}`,
    'proc/900/cmdline': '/usr/sbin/mosquitto\0',
    'proc/900/fd/5': '→ socket:[31337]',
  })
  const [free, said] = await taken.of('Ports')
  assert.equal(free, 'ok | free: 127.0.0.1:8083 (websocket), 127.0.0.1:8080 (panel), 127.0.0.1:8090 (gateway)')
  assert.equal(
    said,
    'fault stop | 127.0.0.1:1883 (mqtt) is taken by mosquitto (process 900) | end it, or give broker.mqtt another port',
  )
  const closed = made(context, { 'proc/net/tcp': line.replace(' 0A ', ' 01 ') })
  assert.equal((await closed.of('Ports')).length, 1, 'a connection is no listener')
})

test('who talks to a port of an instrument is known, so that a probe can warn', (context) => {
  // 502 is 01F6; 01 is a connection
  const line = '   3: 0100007F:C350 1407A8C0:01F6 01 00000000:00000000 00:00000000 00000000  1000        0 4242 1\n'
  const { machine } = made(context, {
    'proc/net/tcp': line,
    'proc/77/cmdline': 'habtwin gateway\0',
    'proc/77/fd/9': '→ socket:[4242]',
  })
  assert.deepEqual(machine.talkers(502), [{ pid: 77, name: 'habtwin gateway' }])
  assert.deepEqual(machine.talkers(503), [])
})

test('a clock before this version was written is a fault; one that nobody vouches for waits on a Pi', async (context) => {
  const unset = made(context, {}, { now: () => 0 })
  assert.match((await unset.of('Clock'))[0] ?? '', /^fault \| it shows 1970-01-01T00:00:00Z/)
  const nobody = () => ({ file: () => undefined, ask: async () => ({ synced: false, by: 'chrony' }) })
  const pi = made(context, { 'proc/device-tree/model': 'Raspberry Pi 4 Model B\0' }, { evidence: nobody })
  assert.match(
    (await pi.of('Clock'))[0] ?? '',
    /^note \| 2027-01-01T00:00:00Z; chrony says that it is not synchronised, and Raspberry Pi 4 Model B has no battery clock: readings wait/,
  )
  assert.match((await made(context, {}).of('Clock'))[0] ?? '', /^ok \| .*synchronised: \/run\/synchronized is there/)
})

test('a Pi that is hot or short of voltage says so, now and in the past', async (context) => {
  const { of } = made(context, {
    'proc/device-tree/model': 'Raspberry Pi 4 Model B\0',
    'proc/meminfo': 'MemTotal:  947000 kB\nMemAvailable:  100000 kB\n',
    'sys/class/thermal/thermal_zone0/temp': '83400\n',
    'sys/devices/platform/soc/soc:firmware/get_throttled': '50001\n',
  })
  const said = await of('Machine')
  assert.deepEqual(
    said.map((line) => line.split(' | ').slice(0, 2).join(' | ')),
    [
      'ok | Raspberry Pi 4 Model B',
      'note | 102 MB of 970 MB of memory can be had',
      'fault | its processor is at 83 °C',
      'fault | the supply’s voltage is too low now',
      'note | it is throttled: so it was since it was started, and is not now',
    ],
  )
})

test('a data folder that cannot be written stops the start; one in memory or on an SD card is told', async (context) => {
  const at = (source: string, type: string) => ({
    'proc/self/mountinfo': `22 1 8:1 / / rw - ext4 /dev/sda1 rw\n23 22 8:2 / /tmp rw,nosuid shared:1 - ${type} ${source} rw\n`,
  })
  const memory = made(context, at('tmpfs', 'tmpfs'))
  const isBelowTmp = memory.data.startsWith('/tmp/')
  const card = made(context, at('/dev/mmcblk0p2', 'ext4'))
  assert.equal(
    (await memory.of('Data folder')).some((line) => line.includes('memory')),
    isBelowTmp,
  )
  assert.equal(
    (await card.of('Data folder')).some((line) => line.includes('SD card')),
    isBelowTmp,
  )
  const { data, of } = made(context, {})
  writeFileSync(data, 'a file where a folder is to be')
  assert.match((await of('Data folder'))[0] ?? '', /^fault stop \| .*data may not be written/)
})

test('habtwin that runs in the folder already is told, and its lock is left alone', async (context) => {
  const { data, of } = made(context, {})
  assert.equal((await of('Data folder')).at(-1), 'ok | no other habtwin runs in it')
  const lock = lockFolder(data)
  context.after(() => lock[Symbol.dispose]())
  assert.match((await of('Data folder')).at(-1) ?? '', /^note \| habtwin runs in it already/)
  assert.throws(() => lockFolder(data), { code: 'data/locked' })
})

test('faults of the configuration stop the start, and the rest is looked at all the same', async (context) => {
  const { of } = made(context, { 'dev/ttyUSB0': '' })
  const [said] = await of('Configuration', 'nonsense: 1\n')
  assert.match(said ?? '', /^fault stop \| .*habitat\.yaml:2.*nonsense/)
  assert.deepEqual(await of('Serial ports', 'nonsense: 1\n'), ['ok | /dev/ttyUSB0'])
})

test('a path that may be another adapter tomorrow is a hint of the configuration', async (context) => {
  const { of } = made(context, { 'dev/ttyUSB0': '' })
  assert.match((await of('Configuration', bus('/dev/ttyUSB0')))[1] ?? '', /^note \| buses\.line: .*by-id/)
})

test('an old Node stops the start', async (context) => {
  assert.match((await made(context, {}, { node: '20.9.0' }).of('Node'))[0] ?? '', /^fault stop/)
})

test('no line is longer than a narrow terminal, and what is to be done stands under what is wrong', () => {
  const says = 'a sentence that is much longer than what a terminal of forty characters shows in one line'
  const text = page([{ title: 'Ports', findings: [{ level: 'fault', says, todo: `${says} too`, stops: true }] }], {
    width: 40,
    colour: false,
  })
  for (const line of text.split('\n')) assert.ok(line.length <= 40, line)
  assert.match(text, /\n {10}→ a sentence/)
  assert.match(text, /1 fault, 0 notes; habtwin cannot start\s+like this/)
  assert.deepEqual(wrap('one averyveryverylongword', 8), ['one', 'averyveryverylongword'])
})

test('`habtwin doctor` ends with 1 where a port is taken, and with 0 where nothing is in the way', async () => {
  using folder = temporaryFolder()
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const config = join(folder.path, 'habitat.yaml')
  const write = (mqtt: number) =>
    writeFileSync(
      config,
      `zones: { crew: {} }\nbroker: { mqtt: ${mqtt}, websocket: 0 }\nhttp: { panel: 0, gateway: 0 }\n`,
    )
  try {
    write(port)
    const taken = await habtwin('doctor', '--config', config, '--data', join(folder.path, 'data'), '--json')
    assert.equal(taken.status, 1, taken.out + taken.err)
    const findings = taken.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { says: string; stops?: boolean })
    const [stops, ...more] = findings.filter(({ stops }) => stops)
    assert.deepEqual(more, [])
    assert.match(
      stops?.says ?? '',
      new RegExp(`127\\.0\\.0\\.1:${port} \\(mqtt\\) is taken by .*\\(process ${process.pid}\\)`),
    )
  } finally {
    server.close()
  }
  write(0)
  const well = await habtwin('doctor', '--config', config, '--data', join(folder.path, 'data'))
  assert.equal(well.status, 0, well.out + well.err)
  assert.match(well.out, /^Node\n/)
})

test('of certificates it is said how long they last, who has to be trusted, and what is wrong', async (context) => {
  const { of, data } = made(context, {}, { now: () => Date.now() })
  const open = 'tls: {}\nbroker: { tls: "*:8883" }\n'
  assert.deepEqual(await of('TLS', ''), ['ok | no listener speaks it; none needs to on this machine alone'])
  assert.deepEqual(await of('TLS', open), ['ok | the certificate is made at the first start'])
  const own = { folder: join(data, 'tls'), habitat: 'sam', clock: systemClock }
  const { fingerprint } = await ownAuthority(own)
  await ownServer(own, 'gateway', ['localhost'])
  const [lasts = '', trusted] = await of('TLS', open)
  assert.match(lasts, /^ok \| the certificate of gateway is valid until \d{4}-\d\d-\d\d$/)
  assert.equal(trusted, `ok | clients trust the authority with SHA-256 ${fingerprint}`)
  const given = `tls: { certificate: ${join(own.folder, 'gateway.pem')}, key: ${join(own.folder, 'authority.pem')} }\n`
  assert.match((await of('TLS', `${given}broker: { tls: 8883 }\n`))[0] ?? '', /^fault \| the key in .* does not belong/)
})
