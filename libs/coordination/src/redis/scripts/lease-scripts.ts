import { CLOCK, Script } from '../script.js';

/**
 * KEYS lease, newest token. ARGV owner, ttl, a token that is known to have been given out.
 * Returns the token, or how many milliseconds the present holder may keep it, below zero.
 * Who asks again for want of an answer finds that the lease is its own. One that would last for longer than a ttl was given
 * before the server's clock was set back, and is cut to that.
 */
export const acquire = new Script(`${CLOCK}
local held = redis.call('HMGET', KEYS[1], 'owner', 'token')
if held[1] == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return held[2]
end
if held[1] then
  local left = redis.call('PTTL', KEYS[1])
  if left > tonumber(ARGV[2]) then
    left = tonumber(ARGV[2])
    redis.call('PEXPIRE', KEYS[1], left)
  end
  return whole(-math.max(1, left))
end
local newest = math.max(tonumber(redis.call('GET', KEYS[2]) or '0'), tonumber(ARGV[3]))
local token = whole(math.max(newest + 1, micros))
redis.call('SET', KEYS[2], token)
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'token', token)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return token
`);

/**
 * KEYS lease, newest token. ARGV owner, ttl, token. Returns 1 when the lease is the owner's for another ttl: it still
 * was, or nobody has had it since (it ran out, or Redis has lost all).
 */
export const renew = new Script(`
local owner = redis.call('HGET', KEYS[1], 'owner')
if owner and owner ~= ARGV[1] then return 0 end
if not owner then
  if tonumber(redis.call('GET', KEYS[2]) or '0') > tonumber(ARGV[3]) then return 0 end
  redis.call('SET', KEYS[2], ARGV[3])
  redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'token', ARGV[3])
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`);

/** KEYS lease. ARGV owner. */
export const release = new Script(`
if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`);
