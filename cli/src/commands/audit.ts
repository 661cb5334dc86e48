/** `habtwin audit verify` */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { verifyAudit } from '@habtwin/gateway/audit/verify'
import { dataFolder } from '@habtwin/runtime'

export interface AuditOptions {
  readonly data: string
  /** First entry to be looked at. */
  readonly from?: number
  /** What somebody kept of the head, `seq:hash`. */
  readonly anchor?: readonly Anchor[]
  readonly json?: boolean
}

interface Anchor {
  readonly seq: number
  readonly hash: string
}

/** Goes through the log, and says where it breaks. Status 1 where it does. */
export async function auditVerify({ data, from = 1, anchor = [], json = false }: AuditOptions): Promise<number> {
  const folder = join(dataFolder(data).gateway, 'audit')
  if (!existsSync(folder)) {
    process.stderr.write(`there is no audit log in ${folder}
`)
    return 1
  }
  const { entries, first, head, faults, notes } = verifyAudit(folder, { from, anchors: anchor })
  if (json) {
    process.stdout.write(`${JSON.stringify({ ok: faults.length === 0, entries, first, head, faults, notes })}\n`)
    return faults.length === 0 ? 0 : 1
  }
  for (const note of notes) process.stdout.write(`note: ${note}\n`)
  for (const { file, line, message } of faults) process.stdout.write(`${join(folder, file)}:${line} ${message}\n`)
  if (faults.length > 0) {
    process.stdout.write(`the audit log is not as it was written: ${faults.length} ${faults.length === 1 ? 'place' : 'places'}\n`) // biome-ignore format: one thought
    return 1
  }
  const end = head === undefined ? '' : `; the last is ${head.seq}:${head.hash} of ${new Date(head.t).toISOString()}`
  process.stdout.write(`${entries} entries, each as it was written${end}\n`)
  return 0
}
