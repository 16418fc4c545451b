import { CLOCK, Script } from '../script.js';

/** Entries of the stream of changes that are kept. A client that missed some reads the whole list, as it does anyway. */
const CHANGES_KEPT = 1_000;
const TELL = `
local function tell(changes, id, what)
  redis.call('XADD', changes, 'MAXLEN', '~', ${CHANGES_KEPT}, '*', 'id', id, 'what', what)
end
`;

/** An instance that is gone leaves its epoch, so that an older self of it that comes to cannot take its place. */
const BURY = `
local function bury(instance, epoch, keptMs)
  redis.call('DEL', instance)
  redis.call('HSET', instance, 'epoch', epoch)
  redis.call('PEXPIRE', instance, keptMs)
end
`;

/**
 * A registration or a heartbeat, which says everything again: so a server that has lost all learns it by the next one.
 * KEYS instance, expiries, changes. ARGV id, service, url, status, epoch ('0': a new registration), registeredAt, ttl.
 * Returns epoch and registeredAt, or nothing when a newer registration stands.
 */
export const announce = new Script(`${CLOCK}${TELL}
local instance, expiries, changes = KEYS[1], KEYS[2], KEYS[3]
local id, service, url, status, epoch, registeredAt = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6]
local stored = redis.call('HMGET', instance, 'epoch', 'status', 'url', 'service')
local newest = tonumber(stored[1] or '0')
if epoch == 0 then
  epoch = math.max(newest + 1, micros)
  registeredAt = whole(now)
elseif newest > epoch then
  return false
end
redis.call('HSET', instance, 'epoch', whole(epoch), 'service', service, 'url', url, 'status', status,
  'registeredAt', registeredAt, 'lastHeartbeatAt', whole(now))
redis.call('PERSIST', instance)
redis.call('ZADD', expiries, now + tonumber(ARGV[7]), id)
if newest ~= epoch or stored[2] ~= status or stored[3] ~= url or stored[4] ~= service then tell(changes, id, status) end
return { whole(epoch), registeredAt }
`);

/** KEYS instance, expiries, changes. ARGV id, epoch, how long the epoch is kept. */
export const withdraw = new Script(`${TELL}${BURY}
local newest = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '0')
if newest > tonumber(ARGV[2]) then return 0 end
bury(KEYS[1], ARGV[2], ARGV[3])
redis.call('ZREM', KEYS[2], ARGV[1])
tell(KEYS[3], ARGV[1], 'REMOVED')
return 1
`);

/**
 * The list of instances, after those whose lease has ended were taken from it.
 *
 * Nobody expires while the fault is more likely on this side: for a ttl after the data began or nobody had looked at
 * them (then Redis was away, and so were the heartbeats), and while fewer than 0.85 of the instances have been heard of
 * within half a ttl (self-preservation as in Netflix's Eureka). One alone may always be missing, or small systems would
 * never lose anybody, and none is held for longer than \`hold\`.
 *
 * When the server's clock was set back, whoever was to end by the former time has a ttl from now.
 *
 * KEYS expiries, changes, upkeep. ARGV ttl, hold, how long an epoch is kept, prefix of instances' keys.
 * Returns since when the data exist, the newest change, and per instance its fields.
 */
export const observe = new Script(`${CLOCK}${TELL}${BURY}
local expiries, changes, upkeep = KEYS[1], KEYS[2], KEYS[3]
local ttl, hold, kept, prefix = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4]

local known = redis.call('HMGET', upkeep, 'since', 'seenAt', 'quietUntil')
local since, seenAt, quietUntil = known[1], tonumber(known[2] or '0'), tonumber(known[3] or '0')
if not since then since = whole(micros) end
if now - seenAt > ttl / 2 then quietUntil = now + ttl end
if seenAt > now then
  quietUntil = now + ttl
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', expiries, whole(now + ttl), '+inf')) do
    redis.call('ZADD', expiries, whole(now + ttl), id)
  end
end
redis.call('HSET', upkeep, 'since', since, 'seenAt', whole(now), 'quietUntil', whole(quietUntil))

if now >= quietUntil then
  local all = redis.call('ZCARD', expiries)
  local silent = redis.call('ZCOUNT', expiries, '-inf', whole(now + ttl / 2))
  local until_ = now
  if silent > math.max(1, all * 0.15) then until_ = now - hold end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', expiries, '-inf', whole(until_))) do
    local instance = prefix .. id
    bury(instance, redis.call('HGET', instance, 'epoch') or '0', kept)
    redis.call('ZREM', expiries, id)
    tell(changes, id, 'EXPIRED')
  end
end

local list = {}
for _, id in ipairs(redis.call('ZRANGE', expiries, 0, -1)) do
  local fields = redis.call('HMGET', prefix .. id, 'service', 'url', 'status', 'registeredAt', 'lastHeartbeatAt')
  if fields[1] then table.insert(list, { id, fields[1], fields[2], fields[3], fields[4], fields[5] }) end
end
local newest = redis.call('XREVRANGE', changes, '+', '-', 'COUNT', 1)
return { since, newest[1] and newest[1][1] or '0-0', list }
`);
