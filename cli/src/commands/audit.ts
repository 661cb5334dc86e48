/** `habtwin audit verify` */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { dataFolder } from '@habtwin/runtime'
import { type Verdict, verifyAudit } from '@habtwin/runtime/audit/verify'

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

/** A log, and whose it is: `gateway`, `desk`, `sam`. */
interface Found {
  readonly name: string
  readonly folder: string
}

/** Those of a data folder: the gateway's, or a receiver's with one for each habitat that was commanded. */
function logsOf(data: string): Found[] {
  const { root, gateway } = dataFolder(data)
  const habitats = join(root, 'habitats')
  const names = existsSync(habitats) ? readdirSync(habitats).sort() : []
  const all = [
    { name: 'gateway', folder: join(gateway, 'audit') },
    { name: 'desk', folder: join(root, 'desk', 'audit') },
    ...names.map((name) => ({ name, folder: join(habitats, name, 'audit') })),
  ]
  return all.filter(({ folder }) => existsSync(folder))
}

/** Goes through the logs, and says where they break. Status 1 where one does. */
export async function auditVerify({ data, from = 1, anchor = [], json = false }: AuditOptions): Promise<number> {
  const logs = logsOf(data)
  if (logs.length === 0) {
    process.stderr.write(`there is no audit log in ${dataFolder(data).root}\n`)
    return 1
  }
  // anchors are of a habitat's own log: mission control holds its head
  const anchors = (name: string) => (logs.length === 1 || name === 'gateway' ? anchor : [])
  const sound = logs.map(({ name, folder }) => {
    const verdict = verifyAudit(folder, { from, anchors: anchors(name) })
    const said = json ? jsonOf(name, verdict) : wordsOf(folder, verdict, logs.length === 1 ? '' : `${name}: `)
    process.stdout.write(said)
    return verdict.faults.length === 0
  })
  return sound.every((one) => one) ? 0 : 1
}

function jsonOf(log: string, { entries, first, head, faults, notes }: Verdict): string {
  return `${JSON.stringify({ log, ok: faults.length === 0, entries, first, head, faults, notes })}\n`
}

function wordsOf(folder: string, { entries, head, faults, notes }: Verdict, name: string): string {
  const lines = [
    ...notes.map((note) => `note: ${note}`),
    ...faults.map(({ file, line, message }) => `${join(folder, file)}:${line} ${message}`),
  ]
  const end = head === undefined ? '' : `; the last is ${head.seq}:${head.hash} of ${new Date(head.t).toISOString()}`
  const places = `${faults.length} ${faults.length === 1 ? 'place' : 'places'}`
  lines.push(
    faults.length > 0
      ? `${name}the audit log is not as it was written: ${places}`
      : `${name}${entries} entries, each as it was written${end}`,
  )
  return lines.map((line) => `${line}\n`).join('')
}
