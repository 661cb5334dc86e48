/** `command/twin/acknowledge` → `result/twin/{id}`: somebody has seen an alert of the twin, as `guard` is told of its own. */
import {
  type Command,
  type CommandResult,
  command as commandSchema,
  isHabtwinError,
  topic,
  wire,
} from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import type { Link } from '@habtwin/runtime/mqtt'

export interface TwinCommandParts {
  readonly habitat: string
  readonly link: Pick<Link, 'subscribe' | 'publish'>
  readonly clock: Clock
  /** @returns whether such an alert of the twin stands */
  readonly acknowledge: (alert: string, by: string) => Promise<boolean>
  /** Told of an error of ours. */
  readonly failed: (error: unknown) => void
}

/** Obeys what is told to the twin, from now on and after each reconnection. */
export function obey(parts: TwinCommandParts): Disposable {
  const { habitat, link, failed } = parts
  const answer = async (point: string, payload: Buffer) => {
    const told = read(payload)
    if (told === undefined) return // nobody to answer to
    const result = await act(parts, point, told)
    await link.publish(wire(habitat, topic.result('twin', result.id)), JSON.stringify(result))
  }
  return link.subscribe(wire(habitat, topic.command('twin', '+')), (full, payload) => {
    answer(full.slice(full.lastIndexOf('/') + 1), payload).catch((error: unknown) => {
      // whoever asked has lost the same link, and asks again: to acknowledge twice is to acknowledge once
      if (!isHabtwinError(error, 'link/unavailable')) failed(error)
    })
  })
}

async function act({ clock, acknowledge }: TwinCommandParts, point: string, told: Command): Promise<CommandResult> {
  const { id, value, by, expires } = told
  if (point !== 'acknowledge') return { id, state: 'refused', reason: 'the twin takes no commands but `acknowledge`' }
  if (clock.now() > expires) return { id, state: 'expired', reason: 'it came after its time' }
  if (await acknowledge(String(value), by)) return { id, state: 'done', readback: value }
  return { id, state: 'refused', reason: `there is no active alert ${value}` }
}

function read(payload: Buffer): Command | undefined {
  try {
    return commandSchema.safeParse(JSON.parse(payload.toString())).data
  } catch {
    return undefined
  }
}
