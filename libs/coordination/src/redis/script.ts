import { createHash } from 'node:crypto';
import type { RedisClient } from './client.js';
import { causeOf } from './failure.js';

/** A function that runs within Redis, whole and alone. It is sent by name, and in full only to a server that has not seen it. */
export class Script {
  readonly #name: string;

  constructor(readonly source: string) {
    this.#name = createHash('sha1').update(source).digest('hex');
  }

  async run(client: RedisClient, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await client.evalsha(this.#name, keys.length, ...keys, ...args);
    } catch (error) {
      if (!causeOf(error).startsWith('NOSCRIPT')) throw error;
      return client.eval(this.source, keys.length, ...keys, ...args);
    }
  }
}

/** Redis' own clock, which is everybody's: `micros` and `now` in microseconds and milliseconds. Both fit a double. */
export const CLOCK = `
local time = redis.call('TIME')
local micros = tonumber(time[1]) * 1000000 + tonumber(time[2])
local now = math.floor(micros / 1000)
local function whole(number) return string.format('%.0f', number) end
`;
