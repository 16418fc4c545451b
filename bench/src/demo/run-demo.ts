import { GatewayClient } from '../orders/gateway-client.js';
import { followOrders } from '../orders/order-feed.js';
import { OrderTracker } from '../orders/order-tracker.js';
import { atConstantRate } from '../orders/pace.js';
import { settle } from '../orders/settle.js';
import { seededRandom } from '@order-flow/service-kit/testing';
import type { DemoResult } from './closing-table.js';
import type { DemoOptions } from './options.js';
import { nextOrder } from './order-mix.js';
import { Placing } from './placing.js';
import { progressLine, showProgress } from './progress.js';
import { prepareShop } from './shop.js';
import type { System } from './system.js';

const CONNECTIONS = 32;
/** Without any order's coming to its end. */
const GIVE_UP_AFTER_MS = 30_000;

/**
 * Places orders at a constant rate and follows them to their end in the read model.
 * @param stop ends the placing; orders under way are still followed
 * @throws NoSystem, GatewayError
 */
export async function runDemo(options: DemoOptions, system: System, stop: AbortSignal): Promise<DemoResult> {
  let say: (message: string) => void = (message) => console.log(message);
  let limited = false;
  const onRateLimit = (seconds: number): void => {
    if (limited) return;
    limited = true;
    say(`The gateway's rate limit slows this down (next in ${seconds} s); start it with RATE_LIMIT_PER_MINUTE=100000`);
  };
  const gateway = new GatewayClient(system.gateway, system.token, { connections: CONNECTIONS, onRateLimit });
  const shop = await prepareShop(gateway, options.orders);
  const tracker = new OrderTracker();
  const since = new Date(Date.now() - 1_000).toISOString();
  const feed = await followOrders(system.gateway, system.token, (outcome) => tracker.seen(outcome));

  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1_000;
  const progress = showProgress(() => progressLine(tracker, options.orders, seconds()));
  say = (message) => progress.say(message);
  const placing = new Placing(gateway, tracker, stop);
  const random = seededRandom(options.seed);
  await atConstantRate(options.orders, options.rate, () => placing.begin(nextOrder(random, shop)), stop);
  await placing.finished();
  await settle(tracker, gateway, since, GIVE_UP_AFTER_MS);
  const result = { tracker, refused: placing.refused, seconds: seconds() };
  progress.stop();
  await feed.close();
  await gateway.close();
  return result;
}
