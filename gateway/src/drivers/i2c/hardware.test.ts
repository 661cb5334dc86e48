import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { isHabtwinError } from '@habtwin/contract'
import { BUILD, loadModule, openHardware } from './hardware.ts'

describe('an I2C bus of this machine', () => {
  it('that is not there is told with how to switch it on', async () => {
    await assert.rejects(openHardware('/dev/i2c-99'), {
      code: 'device/unreachable',
      message: /no \/dev\/i2c-99.*raspi-config/,
    })
  })

  it('may be named by a link, and nothing else than a bus', async () => {
    const home = await mkdtemp(join(tmpdir(), 'habtwin-i2c-'))
    try {
      await symlink('/dev/null', join(home, 'link'))
      await writeFile(join(home, 'file'), '')
      for (const name of ['link', 'file']) {
        await assert.rejects(openHardware(join(home, name)), { code: 'device/unreachable', message: /is no I2C bus/ })
      }
    } finally {
      await rm(home, { recursive: true })
    }
  })

  it('needs a module that is built or says with which command it is', async (context) => {
    const built = await loadModule().then(
      () => true,
      (error: unknown) => error,
    )
    if (built === true) return context.skip('here it is built')
    assert.ok(isHabtwinError(built, 'device/unreachable'))
    assert.ok(built.message.includes(BUILD), built.message)
  })

  it('says what to do for a module that is missing, or was built for another Node', async () => {
    const fails = (code: string) => () => Promise.reject(Object.assign(new Error('cannot be loaded'), { code }))
    await assert.rejects(loadModule(fails('ERR_MODULE_NOT_FOUND')), { message: /not installed: npm ci first/ })
    await assert.rejects(loadModule(fails('ERR_DLOPEN_FAILED')), { message: /another Node/ })
  })

  it('names a folder of headers that is there, for the command to be right', () => {
    const folder = /npm_config_nodedir=\$PWD\/(\S+)/.exec(BUILD)?.[1] as string
    const root = join(import.meta.dirname, '../../../..')
    assert.ok(existsSync(join(root, folder, 'include/node/node.h')))
  })
})
