/** Worlds for the conformance suite: real files, and a real program. */
import { writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Stand } from '../conformance.ts'

async function folder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'habtwin-text-'))
}

/** A file that can be taken away. */
async function fileStand(name: string, text: string, device: (path: string) => object): Promise<Stand> {
  const home = await folder()
  const path = join(home, name)
  await writeFile(path, text)
  return {
    device: { ...device(path) },
    absent: { device: { path: join(home, 'nothing') } },
    break: () => rename(path, `${path}.gone`),
    mend: () => rename(`${path}.gone`, path),
    [Symbol.asyncDispose]: () => rm(home, { recursive: true }),
  }
}

export const textStands: Record<string, () => Promise<Stand>> = {
  file: () => fileStand('temp', '48312\n', (path) => ({ path, points: { temperature: { scale: 0.001, unit: '°C' } } })),

  async ds18b20() {
    const home = await folder()
    const sensor = '28-0316a2793aff'
    const path = join(home, sensor)
    await mkdir(path)
    const text = '72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n72 01 4b 46 7f ff 0e 10 57 t=23125\n'
    await writeFile(join(path, 'w1_slave'), text)
    return {
      device: { sensor },
      bus: { path: home },
      absent: { bus: { path: join(home, 'nothing') } },
      break: () => rename(path, `${path}.gone`),
      mend: () => rename(`${path}.gone`, path),
      [Symbol.asyncDispose]: () => rm(home, { recursive: true }),
    }
  },

  async command() {
    const home = await folder()
    const script = join(home, 'read.cjs')
    // waits for ever where it is told to
    const text = `const { existsSync } = require('node:fs')
      if (existsSync(${JSON.stringify(join(home, 'hang'))})) setInterval(() => {}, 1_000)
      else if (existsSync(${JSON.stringify(join(home, 'broken'))})) process.exit(3)
      else console.log('co2=812 t=22.1')`
    await writeFile(script, text)
    return {
      device: { run: [process.execPath, script], points: { co2: {}, temperature: { key: 't' } } },
      absent: { device: { run: [join(home, 'nothing')] } },
      hang: () => writeFileSync(join(home, 'hang'), ''),
      break: () => writeFile(join(home, 'broken'), ''),
      mend: () => rm(join(home, 'broken')),
      [Symbol.asyncDispose]: () => rm(home, { recursive: true }),
    }
  },
}
