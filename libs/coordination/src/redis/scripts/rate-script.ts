import { CLOCK, Script } from '../script.js';

/**
 * A token bucket. KEYS the caller's. ARGV size, tokens a minute, cost. Returns 0 when the cost was taken, else after how
 * many seconds there will be enough. A bucket that would be full again is no longer kept.
 */
export const takeTokens = new Script(`${CLOCK}
local size, perMinute, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local stored = redis.call('HMGET', KEYS[1], 'tokens', 'countedAt')
local tokens = tonumber(stored[1] or ARGV[1])
local elapsed = math.max(0, micros - tonumber(stored[2] or whole(micros)))
tokens = math.min(size, tokens + elapsed / 60000000 * perMinute)
local wait = 0
if tokens < cost then wait = math.ceil((cost - tokens) / perMinute * 60) else tokens = tokens - cost end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.17g', tokens), 'countedAt', whole(micros))
redis.call('PEXPIRE', KEYS[1], math.ceil((size - tokens) / perMinute * 60000) + 1000)
return wait
`);
