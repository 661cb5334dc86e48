/** A password that is to be: asked for where a person sits, else read from standard input; never an argument. */
import { text as readAll } from 'node:stream/consumers'
import { isCancel, password } from '@clack/prompts'
import { HabtwinError } from '@habtwin/contract'
import { checkPassword } from '@habtwin/runtime/users/index'

/** @throws HabtwinError access/refused where there is none, or one that is too easy */
export async function newPassword(name: string): Promise<string> {
  const given = process.stdin.isTTY ? await asked(name) : firstLine(await readAll(process.stdin))
  checkPassword(given, name)
  return given
}

async function asked(name: string): Promise<string> {
  const one = await secret(`Password for ${name}`, (value) => {
    try {
      checkPassword(value ?? '', name)
      return undefined
    } catch (error) {
      if (error instanceof HabtwinError) return error.message
      throw error
    }
  })
  const again = await secret('The same again')
  if (one !== again) throw new HabtwinError('access/refused', 'the two are not the same')
  return one
}

async function secret(message: string, validate?: (value: string | undefined) => string | undefined): Promise<string> {
  // standard output is for what the command says
  const value = await password({ message, ...(validate ? { validate } : {}), output: process.stderr })
  if (isCancel(value)) throw new HabtwinError('access/refused', 'nothing was changed')
  return value
}

function firstLine(text: string): string {
  const [line = ''] = text.split(/\r?\n/)
  return line
}
