import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { systemClock } from '@habtwin/runtime'
import { ownServer, serverFile } from '@habtwin/runtime/tls/own'
import { type Addresses, demoHabitat, habtwin, Line, temporaryFolder } from './support/line.ts'
import { Listener } from './support/listener.ts'
import { missing } from './support/servers.ts'
import { until } from './support/until.ts'

const run = promisify(execFile)

const OPEN = `broker: { mqtt: 0, tls: 0, websocket: { address: 0, tls: true } }
http: { panel: { address: 0, tls: true }, gateway: { address: 0, tls: true } }
tls: { clients: optional }
`

/** What is at an https address, for somebody who trusts an authority (nobody at all where it is undefined). */
function fetched(url: string, ca: string | undefined): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    get(url, ca === undefined ? { rejectUnauthorized: false } : { ca }, (answer) => {
      let body = ''
      answer.on('data', (chunk) => {
        body += chunk
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
    }).on('error', reject)
  })
}

test('a house that speaks TLS everywhere makes its certificates itself, and real clients come in by them', {
  skip: missing('mosquitto_sub'),
}, async () => {
  using folder = temporaryFolder()
  await using line = new Line(folder.path, OPEN + demoHabitat('1 h'))
  const { mqtts, panel, gateway } = (await line.ready) as Addresses & { readonly mqtts: string }
  const { body: ca } = await fetched(`https://${panel}/ca.pem`, undefined)
  assert.match(ca, /^-----BEGIN CERTIFICATE-----/)
  assert.equal((await fetched(`https://${panel}/api/about`, ca)).status, 200)
  assert.equal((await fetched(`https://${gateway}/healthz`, ca)).status, 200)
  assert.equal((await fetched(`https://${gateway}/ca.pem`, ca)).body, ca)

  const file = join(line.data, 'tls/ca.pem')
  const at = ['-h', 'localhost', '-p', mqtts.split(':')[1] ?? '']
  const wanted = ['-t', 'hab/demo/device/+/reading', '-C', '1', '-W', '110']
  const { stdout } = await run('mosquitto_sub', ['--cafile', file, ...at, ...wanted])
  assert.ok(JSON.parse(stdout).values)
  // whoever trusts others only is not told anything
  await assert.rejects(run('mosquitto_sub', ['--cafile', '/etc/ssl/certs/ca-certificates.crt', ...at, ...wanted]))

  const [host = '', port] = panel.split(':')
  const plain = connect(Number(port), host)
  plain.on('error', () => undefined)
  plain.write('GET / HTTP/1.1\r\n\r\n')
  let got = ''
  for await (const chunk of plain) got += chunk
  assert.equal(got, '')
  await until(async () => {
    const { body } = await fetched(`https://${panel}/metrics`, ca)
    return body.includes('habtwin_panel_tls_refused_total{reason="tls-plain-text"} 1')
  }, 'the plain request is counted')
  const { body: figures } = await fetched(`https://${gateway}/metrics`, ca)
  assert.match(figures, /habtwin_broker_refused_total\{reason="tls-distrusts-us"\} 1/)
  assert.match(figures, /habtwin_tls_expires_seconds \d{10}/)

  // a client certificate is a login: the user that it names has to be there, and has what its role has
  const pem = join(folder.path, 'sam.pem')
  const own = ['--config', line.file, '--data', line.data]
  const issued = await habtwin('tls', 'issue', 'sam', '--out', pem, ...own)
  assert.equal(issued.status, 0, issued.err)
  const words = ['-q', '1', '-t', 'hab/demo/safety/s1', '-m', '{"t":1,"by":"sam","side":"crew","text":"out"}']
  const says = () => run('mosquitto_pub', ['--cafile', file, '--cert', pem, '--key', pem, ...at, ...words])
  await assert.rejects(says()) // nobody is called sam yet: whoever looks on says nothing
  const added = await habtwin('user', 'add', 'sam', '--role', 'crew', '--token', '--data', line.data)
  assert.equal(added.status, 0, added.err)
  await until(() => says().then(() => true, () => false), 'sam comes in by the certificate') // biome-ignore format: one line

  const shown = await habtwin('tls', 'show', '--json', '--config', line.file, '--data', line.data)
  const said = JSON.parse(shown.out) as { certificates: { of: string; fingerprint: string }[] }
  assert.deepEqual(said.certificates.map(({ of }) => of).sort(), ['gateway', 'sim'])
  const renewed = await habtwin('tls', 'renew', '--config', line.file, '--data', line.data)
  assert.equal(renewed.status, 0, renewed.err)
  await until(() => (line.log.match(/a new certificate is in force/g) ?? []).length >= 2, 'both take it up')
  assert.equal((await fetched(`https://${panel}/api/about`, ca)).status, 200)
})

test('a certificate that cannot be read keeps nothing else from beginning, and counts as soon as it can', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'given.pem')
  const config = `broker: { mqtt: 0, tls: 0, websocket: 0 }
http: { panel: 0, gateway: 0 }
tls: { certificate: ${file}, key: ${file} }
`
  await using line = new Line(folder.path, config + demoHabitat('1 h'))
  const { mqtt } = await line.ready
  await using listener = new Listener({ url: `mqtt://${mqtt}` }, 'hab/demo/device/+/reading')
  await until(() => listener.heard.length > 0, 'readings come')
  assert.match(line.log, /tls\/unreadable/)
  const own = { folder: join(folder.path, 'elsewhere'), habitat: 'demo', clock: systemClock }
  await ownServer(own, 'x', ['localhost'])
  copyFileSync(serverFile(own.folder, 'x'), file)
  await until(() => line.log.includes('broker open with TLS'), 'the certificate is taken')
})

test('without a section tls nothing is opened to other machines, and it is said what to write', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'habitat.yaml')
  writeFileSync(file, 'http: { panel: "*:8080" }\nbroker: { mqtt: "*:1883" }\n')
  const { status, err, out } = await habtwin('check', file)
  assert.equal(status, 1)
  assert.match(out + err, /http\.panel.*tls: \{\}/)
  assert.match(out + err, /broker\.mqtt.*broker\.tls/)
})
