import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { cancelOrder, placeOrder } from '../orders/commands.js';
import { GatewayClient } from '../orders/gateway-client.js';
import { followOrders } from '../orders/order-feed.js';
import { OrderTracker } from '../orders/order-tracker.js';
import { atConstantRate } from '../orders/pace.js';
import { settle } from '../orders/settle.js';
import { seededRandom } from '@order-flow/service-kit/testing';
import type { DemoResult } from './closing-table.js';
import type { DemoOptions } from './options.js';
import { type DemoOrder, nextOrder } from './order-mix.js';
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

/** Commands under way. */
class Placing {
  readonly refused = new Map<string, number>();
  readonly #underWay = new Set<Promise<void>>();
  #failure: Error | undefined;

  constructor(
    readonly gateway: GatewayClient,
    readonly tracker: OrderTracker,
    readonly stop: AbortSignal,
  ) {}

  begin(demo: DemoOrder): void {
    const work = this.#place(demo)
      .catch((error: unknown) => {
        if (!this.stop.aborted) this.#failure ??= error as Error;
      })
      .finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }

  /** @throws what a command failed with */
  async finished(): Promise<void> {
    await Promise.all(this.#underWay);
    if (this.#failure) throw this.#failure;
  }

  async #place({ order, cancelAfterMs }: DemoOrder): Promise<void> {
    const sentAt = performance.now();
    const decided = await placeOrder(this.gateway, order, randomUUID(), this.stop);
    if ('code' in decided) {
      this.refused.set(decided.code, (this.refused.get(decided.code) ?? 0) + 1);
      return;
    }
    this.tracker.accepted(decided.id, sentAt, cancelAfterMs !== undefined);
    if (cancelAfterMs === undefined) return;
    await delay(cancelAfterMs);
    const answer = await cancelOrder(this.gateway, decided.id, 'the customer thought better of it');
    if ('code' in answer) this.tracker.keep(decided.id);
  }
}
