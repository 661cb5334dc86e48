import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { balena, compose } from './compose-schema.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

const composeText = read('docker-compose.yml')
const house = compose.parse(parse(composeText))
const dockerfiles = [...new Set(Object.values(house.services).map(({ build }) => build.dockerfile))]

test('the compose file has the four services and nothing that balena would drop', () => {
  assert.deepEqual(Object.keys(house.services), ['gateway', 'sim', 'influxdb', 'grafana'])
  assert.doesNotMatch(composeText, /\$\{|\$[A-Z]/, 'balena fills in no variables')
})

test('a service uses only volumes and services that exist', () => {
  for (const { volumes = [], depends_on = [] } of Object.values(house.services)) {
    for (const volume of volumes) assert.ok((volume.split(':')[0] ?? '') in house.volumes, volume)
    for (const other of depends_on) assert.ok(other in house.services, other)
  }
})

test('every service listens on loopback only, and none says otherwise', () => {
  // habtwin does by itself, unless a listener says `insecure`.
  assert.doesNotMatch(composeText, /insecure|0\.0\.0\.0/)
  assert.match(house.services.influxdb?.environment?.INFLUXD_HTTP_BIND_ADDRESS ?? '', /^127\.0\.0\.1:/)
  assert.match(read('deploy/grafana/Dockerfile'), /GF_SERVER_HTTP_ADDR=127\.0\.0\.1/)
})

test('no secret is in the files that are shipped', () => {
  const shipped = ['docker-compose.yml', 'balena.yml', ...dockerfiles, 'deploy/influxdb/first-boot.sh']
  for (const file of shipped) assert.doesNotMatch(read(file), /(password|token)["']?\s*[:=]\s*["']?[a-z0-9]{6,}/i, file)
})

test('balena.yml is of the version of the package', () => {
  assert.equal(balena.parse(parse(read('balena.yml'))).version, JSON.parse(read('package.json')).version)
})

for (const file of dockerfiles) {
  test(`${file} names its base exactly and copies only what is there`, () => {
    const lines = read(file).replaceAll('\\\n', ' ').split('\n')
    for (const line of lines) {
      const [word, ...rest] = line.trim().split(/\s+/)
      if (word === 'FROM') assert.match(rest[0] ?? '', /:\d/, line)
      if (word === 'ADD') assert.fail(`COPY says what it does: ${line}`)
      if (word !== 'COPY' || rest.some((part) => part.startsWith('--from='))) continue
      for (const source of rest.filter((part) => !part.startsWith('--')).slice(0, -1)) {
        assert.ok(existsSync(join(root, source)), `${source} is not there`)
      }
    }
  })
}

test('the image of habtwin does not run as root', () => {
  const last = read('deploy/Dockerfile')
    .split(/^FROM /m)
    .at(-1)
  assert.match(last ?? '', /^USER node$/m)
})

test('scripts that an image starts may be executed', () => {
  for (const file of ['deploy/influxdb/first-boot.sh', 'deploy/grafana/start.sh']) {
    assert.ok(statSync(join(root, file)).mode & 0o100, file)
  }
})

test('Grafana asks the database that sim writes, by the uid that the dashboards name', () => {
  const { datasources } = parse(read('deploy/grafana/provisioning/datasources/habtwin.yml'))
  const [source] = datasources
  const sim = house.services.sim?.environment
  assert.equal(source.url, sim?.HABTWIN_INFLUX__URL)
  assert.equal(source.jsonData.dbName, sim?.HABTWIN_INFLUX__BUCKET)
  assert.match(read('dashboards/grafana/generated/overview.json'), new RegExp(`"uid": "${source.uid}"`))
})
