import { type RunningRedis, startRedis } from '@order-flow/servers';
import { silentLogger } from '@order-flow/service-kit';
import { afterAll, beforeAll } from '@jest/globals';
import { coordinationContract } from '../coordination.contract.js';
import { openRedisCoordination } from './redis-coordination.js';
import type { RedisTiming } from './timing.js';

const QUICK: Partial<RedisTiming> = { heartbeat: 200, ttl: 1_500, answer: 500 };

let redis: RunningRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.down());

coordinationContract('Redis', {
  open: async () => {
    await redis.kill();
    await redis.start();
    const open = () => openRedisCoordination(redis.url, silentLogger(), QUICK);
    const [one, other] = await Promise.all([open(), open()]);
    return {
      one,
      other,
      close: async () => {
        await Promise.all([one.close(), other.close()]);
      },
    };
  },
});
