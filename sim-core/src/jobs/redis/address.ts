/** Where Redis is, and how a connection to it lives. */
import { type Config, secret } from '@habtwin/runtime'
import type { Redis } from 'ioredis'

type RedisConfig = NonNullable<Config['jobs']['redis']>

export interface RedisAddress {
  /** `redis://host:port/number`, `rediss://…` with TLS. Never with a password: an address is told in logs. */
  readonly url: string
  readonly username?: string | undefined
  readonly password?: string | undefined
}

/**
 * The address that is configured, with its password.
 * @throws HabtwinError secret/unreadable
 */
export function redisAddress({ url, username, password, password_file }: RedisConfig): RedisAddress {
  return { url, username, password: secret(password, password_file) }
}

/** Of all keys of a habitat. The braces keep them on one machine of a Redis Cluster. */
export function prefixOf(habitat: string): string {
  return `habtwin:{${habitat}}`
}

/** Queue of the jobs for workers of one version: others never see them, so figures stay the same to the last bit. */
export function queueOf(version: string): string {
  return `jobs-${version}`
}

/** A job's name in the queue, which takes none that could be a number. */
export function queuedAs(id: string): string {
  return `job-${id}`
}

/** The job of such a name. */
export function jobQueuedAs(name: string | undefined): string {
  return (name ?? '').slice('job-'.length)
}

/**
 * A connection that comes up when it can, again and again. A command that is asked while it is down, or when it breaks,
 * waits until it is back: what is asked has to bear being done twice.
 */
export async function connectRedis({ url, username, password }: RedisAddress): Promise<Redis> {
  const { Redis: Client } = await import('ioredis')
  return new Client(url, {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 6), 2_000),
    connectTimeout: 5_000,
    // a peer that is gone without a word; longer than the longest command that waits
    socketTimeout: 15_000,
  })
}
