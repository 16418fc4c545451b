import type { Logger } from '@order-flow/service-kit';
import type { Coordination } from '../coordination.js';
import { RedisConnection } from './connection.js';
import { RedisDirectory } from './directory.js';
import { RedisLeases } from './leases.js';
import { RedisRateLimits } from './rate-limits.js';
import { RedisSignalBus } from './signal-bus.js';
import { targetOf } from './target.js';
import { DEFAULT_TIMING, type RedisTiming } from './timing.js';

/**
 * Coordination through one Redis (7.0 or later; no cluster of several, for a script touches keys of many names).
 * @throws CoordinationError when it does not answer for a while, or refuses
 */
export async function openRedisCoordination(
  url: string,
  logger: Logger,
  given: Partial<RedisTiming> = {},
): Promise<Coordination> {
  const timing = { ...DEFAULT_TIMING, ...given };
  const connection = { target: targetOf(url), answerMs: timing.answer };
  const pinged = { ...connection, pingEveryMs: timing.heartbeat };
  const commands = new RedisConnection({ ...pinged, logger });
  const changes = new RedisConnection(connection);
  const end = (): Promise<unknown> => Promise.all([changes.close(), commands.close()]);
  try {
    await commands.untilUp(timing.patience);
    const directory = await RedisDirectory.open({ commands, changes, timing, logger });
    const signals = new RedisSignalBus({ commands, connect: () => new RedisConnection(pinged), logger });
    const leases = new RedisLeases(commands, logger);
    return {
      directory,
      signals,
      leases,
      rates: new RedisRateLimits(commands, timing.rateAnswer),
      ping: async () => {
        await commands.ask((client) => client.ping());
      },
      close: async () => {
        await Promise.all([signals.close(), leases.close(), directory.close()]);
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}
