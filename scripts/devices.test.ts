import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { loadDrivers } from '@habtwin/gateway/drivers/fleet'
import { parseConfig } from '@habtwin/runtime/config/load'
import { devicesFile, generate } from './gen-devices.ts'

const page = readFileSync(devicesFile, 'utf8')

test('docs/devices.md is what the drivers say of themselves (node scripts/gen-devices.ts)', async () => {
  assert.equal(page, await generate())
})

test('docs/devices.md has every driver, and every entry in it can be pasted', async () => {
  const drivers = [...(await loadDrivers()).values()]
  const shown = new Set<string>()
  for (const [, entry = ''] of page.matchAll(/^```yaml\n(.*?)^```$/gms)) {
    const { devices, buses } = parseConfig(`zones: { crew: {} }\n${entry}`, 'entry.yaml', drivers, {})
    for (const { driver } of [...Object.values(devices), ...Object.values(buses)]) shown.add(driver)
  }
  assert.deepEqual([...shown].sort(), drivers.map(({ name }) => name).sort())
})

test('every instrument in docs/devices.md names its source', () => {
  for (const [, name, section = ''] of page.matchAll(/^### (\S+)\n(.*?)(?=^##)/gms)) {
    if (section.includes('- Instrument:')) assert.match(section, /^- Source: \S/m, name)
  }
})
