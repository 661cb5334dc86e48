/**
 * What is done in Redis, each in one step: nobody sees half of it, and done twice it is as done once.
 *
 *   job:{id}         hash     version, run, work · turn, tries · seq, state: said last · kept, keptSeq: committed last · stop, ended
 *   job:{id}:saves   stream   what sim has not committed yet, `{seq}-0` each: p payload, d digest of the state, k kind
 *   own:{store}      set      jobs that a store has handed over
 *   sims             hash     store → version
 *   workers          zset     workers by when they were heard last
 *
 * A `run` is one handing-over of a job by sim, a `turn` one taking-up by a worker: what comes of an earlier one is
 * refused. `kept` is the digest of the state that sim's table holds, and is compared each time: where Redis has
 * forgotten something, or knows something that sim does not, they differ, and the job is handed over again.
 *
 * A Redis that is killed may come back with less than it had said: it answers before its file is written, for up to two
 * seconds where the disk is slow (appendfsync everysec). So nothing here relies on a count that goes on where it was: a
 * run and a turn have names that no other has, and a save is known by the digest of its state.
 */

interface Script {
  readonly keys: number
  readonly lua: string
}

export const scripts = {
  /** job, saves · version, digest → 1 where Redis goes on from that state, 0 where it is to be handed over again */
  hbAttach: {
    keys: 2,
    lua: `
local known = redis.call('HMGET', KEYS[1], 'version', 'kept')
if known[1] ~= ARGV[1] then return 0 end
if known[2] == ARGV[2] then return 1 end
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '-', '+')) do
  if entry[2][4] == ARGV[2] then
    local seq = tonumber(string.match(entry[1], '^%d+'))
    redis.call('XTRIM', KEYS[2], 'MINID', (seq + 1) .. '-0')
    redis.call('HSET', KEYS[1], 'kept', ARGV[2], 'keptSeq', seq)
    return 1
  end
end
return 0`,
  },
  /** job, saves, own · id, version, run, digest, work, ttl */
  hbCreate: {
    keys: 3,
    lua: `
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'run', ARGV[3], 'kept', ARGV[4], 'work', ARGV[5],
  'turn', 0, 'tries', 0, 'seq', 0, 'keptSeq', 0)
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('SADD', KEYS[3], ARGV[1])
redis.call('PEXPIRE', KEYS[3], ARGV[6])
return 1`,
  },
  /** job, saves · version, digest → nil where it is not what sim knows; run, turn, first entry */
  hbPoll: {
    keys: 2,
    lua: `
local known = redis.call('HMGET', KEYS[1], 'version', 'kept', 'run', 'turn')
if known[1] ~= ARGV[1] or known[2] ~= ARGV[2] then return nil end
local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
if not first then return {known[3], known[4]} end
return {known[3], known[4], string.match(first[1], '^%d+'), first[2][2], first[2][6]}`,
  },
  /** job, saves, own · id, seq, digest, ttl, channel → 0 where that save is not known: what is there is of another */
  hbAck: {
    keys: 3,
    lua: `
local entry = redis.call('XRANGE', KEYS[2], ARGV[2] .. '-0', ARGV[2] .. '-0')[1]
if entry and entry[2][4] == ARGV[3] then
  redis.call('XTRIM', KEYS[2], 'MINID', (ARGV[2] + 1) .. '-0')
  redis.call('HSET', KEYS[1], 'kept', ARGV[3], 'keptSeq', ARGV[2])
elseif redis.call('HGET', KEYS[1], 'kept') ~= ARGV[3] then return 0 end
for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], ARGV[4]) end
redis.call('PUBLISH', ARGV[5], 'kept ' .. ARGV[1] .. ' ' .. ARGV[2])
return 1`,
  },
  /** job · id, channel → 1 where a worker has it and is told */
  hbStop: {
    keys: 1,
    lua: `
local turn = redis.call('HGET', KEYS[1], 'turn')
if not turn or turn == '0' then return 0 end
redis.call('HSET', KEYS[1], 'stop', 1)
redis.call('PUBLISH', ARGV[2], 'stop ' .. ARGV[1])
return 1`,
  },
  /** job, saves, own · id, channel */
  hbRemove: {
    keys: 3,
    lua: `
redis.call('SREM', KEYS[3], ARGV[1])
if redis.call('DEL', KEYS[1], KEYS[2]) > 0 then redis.call('PUBLISH', ARGV[2], 'gone ' .. ARGV[1]) end
return 1`,
  },
  /** job · id, channel, turn → nil where there is nothing to do; run, turn, tries, seq, keptSeq, stop, state, work */
  hbTake: {
    keys: 1,
    lua: `
local known = redis.call('HMGET', KEYS[1], 'run', 'ended')
if not known[1] or known[2] then return nil end
redis.call('HSET', KEYS[1], 'turn', ARGV[3])
redis.call('HINCRBY', KEYS[1], 'tries', 1)
redis.call('PUBLISH', ARGV[2], 'news ' .. ARGV[1])
return redis.call('HMGET', KEYS[1], 'run', 'turn', 'tries', 'seq', 'keptSeq', 'stop', 'state', 'work')`,
  },
  /** job, saves · id, channel, run, turn, seq, kind, payload, digest, state, ttl → 0 where another goes on with it */
  hbAppend: {
    keys: 2,
    lua: `
local known = redis.call('HMGET', KEYS[1], 'run', 'turn', 'seq')
if known[1] ~= ARGV[3] or known[2] ~= ARGV[4] then return 0 end
local before = tonumber(known[3])
local seq = tonumber(ARGV[5])
if seq <= before then return 1 end
if seq > before + 1 then return 0 end
redis.call('XADD', KEYS[2], ARGV[5] .. '-0', 'p', ARGV[7], 'd', ARGV[8], 'k', ARGV[6])
redis.call('HSET', KEYS[1], 'seq', ARGV[5], 'tries', 0)
if ARGV[6] == 'end' then redis.call('HSET', KEYS[1], 'ended', 1) else redis.call('HSET', KEYS[1], 'state', ARGV[9]) end
for i = 1, 2 do redis.call('PEXPIRE', KEYS[i], ARGV[10]) end
redis.call('PUBLISH', ARGV[2], 'news ' .. ARGV[1])
return 1`,
  },
  /** workers, sims · member, age, slots → versions of the sims */
  hbBeat: {
    keys: 2,
    lua: `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('HVALS', KEYS[2])`,
  },
  /** workers · age → members that were heard within it */
  hbHeard: {
    keys: 1,
    lua: `
local time = redis.call('TIME')
local since = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[1]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. since)
return redis.call('ZRANGE', KEYS[1], 0, -1)`,
  },
} as const satisfies Record<string, Script>
