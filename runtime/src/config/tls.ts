/** `tls` of the configuration: what the house shows of itself, and what it wants to see of others. */
import { z } from 'zod'
import { duration } from './quantity.ts'

export const tls = z
  .strictObject({
    /** Files in PEM: a certificate with its chain, and its key. Without them the habitat makes its own. */
    certificate: z.string().optional(),
    key: z.string().optional(),
    /** File in PEM: whose client certificates are believed, instead of the habitat's own authority. */
    authority: z.string().optional(),
    /** Whether clients of `broker.tls` may, or must, show a certificate. */
    clients: z.enum(['optional', 'required']).optional(),
    /** Names and addresses that the habitat's own certificate is for, beside those that the machine knows of itself. */
    names: z.array(z.string()).default([]),
    /** Whether browsers are told to come by TLS only, to every port of this name (RFC 6797). */
    hsts: z.boolean().default(false),
    /** What a handshake may take, ms. */
    handshake_timeout: duration('10 s').default(10_000),
    /** Handshakes of one address that may be open at once. */
    max_handshakes_per_address: z.int().positive().default(32),
  })
  .superRefine((one, ctx) => {
    if ((one.certificate === undefined) === (one.key === undefined)) return
    const path = [one.key === undefined ? 'certificate' : 'key']
    ctx.addIssue({ code: 'custom', path, message: '`certificate` and `key` go together' })
  })
