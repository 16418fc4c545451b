import type { Logger } from '@order-flow/service-kit';
import type { Coordination } from './coordination.js';
import { inProcessCoordination } from './in-process/in-process-coordination.js';

/**
 * Through Redis when `REDIS_URL` is set, else within this process. The client is loaded only when it is needed.
 *
 * Once it is open it outlives every absence of the server: what each part does meanwhile is said at its port.
 *
 * @throws CoordinationError when the server does not answer for about ten seconds, or refuses; the message names
 * REDIS_URL without its password, the cause and the remedy
 */
export async function openCoordination(
  settings: { readonly REDIS_URL?: string | undefined },
  logger: Logger,
): Promise<Coordination> {
  if (settings.REDIS_URL === undefined) return inProcessCoordination();
  const { openRedisCoordination } = await import('./redis/redis-coordination.js');
  return openRedisCoordination(settings.REDIS_URL, logger);
}
