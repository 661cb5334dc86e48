/** The configuration of bridges: to whom, what crosses, how wide the link is, and how far away the mission pretends to be. */
import { id } from '@habtwin/contract'
import { z } from 'zod'
import { bytes, fault } from './quantity.ts'
import { spaceKeys } from './space.ts'

const factors = { '': 1, k: 1e3, M: 1e6 }

/** `9600 bit/s`, as bit/s. Prefixes are decimal. */
const rate = z
  .union([z.string(), z.number()])
  .transform((written, ctx) => {
    const match = /^(\d+(?:\.\d+)?)\s*([kM]?)(bit|B)\/s$/.exec(String(written).trim())
    const factor = factors[(match?.[2] ?? '') as keyof typeof factors] * (match?.[3] === 'B' ? 8 : 1)
    const value = Number(match?.[1]) * factor
    if (value > 0) return value
    fault(ctx, 'config/unit', `"${written}" is not how much crosses in a second; write for example \`9600 bit/s\``)
    return z.NEVER
  })
  .meta({ description: 'A figure with its unit, for example "9600 bit/s"' })

const schemes = new Set(['mqtt:', 'mqtts:', 'ws:', 'wss:'])

/** Where the other broker is. */
const url = z.string().transform((written, ctx) => {
  const parsed = URL.parse(written)
  const wrong = (why: string) => {
    fault(ctx, 'config/invalid', why)
    return z.NEVER
  }
  if (parsed === null || !schemes.has(parsed.protocol) || parsed.hostname === '')
    return wrong(`"${written}" is not a broker's address; write for example \`mqtts://earth.example:8883\``)
  if (parsed.username !== '' || parsed.password !== '')
    return wrong('user and password do not belong in the address; use `username` and `password_file`')
  return written
})

/** A topic filter below `hab/{habitat}/` (MQTT 3.1.1, 4.7.1). */
const filter = z
  .string()
  .max(256)
  .refine(
    (text) => /^(?:[^+#/]+|\+)(?:\/(?:[^+#/]+|\+))*(?:\/#)?$|^#$/.test(text) && !text.startsWith('$'),
    'is not a topic filter; write for example `device/#` or `twin/+/crew/co2`',
  )

/** What a bridge may take over from the other side: everything else is made here. */
const inward = filter.refine(
  (text) => /^(?:command\/[^/#]+\/[^/#]+|safety\/[^/#]+)$/.test(text),
  'nothing else comes in by a bridge than `command/…/…` and `safety/…`',
)

const bridge = z.strictObject({
  url,
  username: z.string().optional(),
  password: z.string().optional(),
  password_file: z.string().optional(),
  token: z.string().optional(),
  token_file: z.string().optional(),
  /** Files in PEM: whose signature the other side must show, and what this side shows of itself. */
  ca: z.string().optional(),
  certificate: z.string().optional(),
  key: z.string().optional(),
  /** A habtwin says what it has stored, exactly once; any other broker acknowledges, at least once. */
  to: z.enum(['habtwin', 'broker']).default('broker'),
  /** Before `hab/…` at the other side. */
  prefix: z
    .string()
    .regex(/^(?:[^+#$][^+#]*)?$/, 'must have neither `+` nor `#`')
    .default(''),
  /** What crosses, of all that there is below `hab/{habitat}/`. */
  out: z.array(filter).min(1).default(['#']),
  in: z.array(inward).default(['command/+/+', 'safety/+']),
  qos: z.union([z.literal(0), z.literal(1)]).default(1),
  /** Many messages as one, compressed: only to a habtwin. */
  bundle: z.boolean().default(false),
  /** In which order what waited goes. */
  backlog: z.enum(['newest', 'oldest']).default('newest'),
  // one way delay, contacts and who confirms: the mission's, on top of what the network does
  ...spaceKeys,
  /** bit/s, as MQTT encodes it. */
  rate: rate.optional(),
  /** Bytes in one contact. */
  per_contact: bytes('2 MB').optional(),
})

/** Checks that look at more than one key. */
const whole = bridge.superRefine((one, ctx) => {
  const wrong = (path: string, message: string) => ctx.addIssue({ code: 'custom', path: [path], message })
  if (one.bundle && one.to !== 'habtwin') wrong('bundle', 'only a habtwin can take bundles apart; set `to: habtwin`')
  if ((one.certificate === undefined) !== (one.key === undefined))
    wrong(one.key === undefined ? 'certificate' : 'key', '`certificate` and `key` go together')
  const plain = /^(?:mqtt|ws):/.test(one.url)
  if (plain && (one.ca ?? one.certificate) !== undefined) wrong('url', 'certificates need TLS: `mqtts://` or `wss://`')
  if (one.username === undefined && (one.password ?? one.password_file) !== undefined)
    wrong('password_file', 'a password needs a `username`')
  if (one.per_contact !== undefined && one.contacts === undefined) wrong('per_contact', 'there are no `contacts`')
})

/** Names of bridges are names of consumers: the recorder is one already. */
export const bridges = z
  .record(id, whole)
  .refine((all) => !Object.hasOwn(all, 'recorder'), "`recorder` is a name of habtwin's own")

export type BridgeConfig = z.output<typeof bridge>
