import { type GatewayClient, whyUnanswered } from './gateway-client.js';
import { missedOutcomes } from './missed-outcomes.js';
import type { OrderTracker } from './order-tracker.js';

const QUIET_MS = 1_500;

/**
 * Waits until every order placed is at its end. When the feed tells nothing for a while, a look into the lists finds what
 * it may have missed; so only orders that truly do not move are left.
 * @param since RFC 3339; before the first order was placed
 * @param boundMs without any order's coming to its end
 * @returns how many are left
 */
export async function settle(
  tracker: OrderTracker,
  gateway: GatewayClient,
  since: string,
  boundMs: number,
): Promise<number> {
  let progressAt = performance.now();
  while (!(await tracker.settled(QUIET_MS))) {
    const before = tracker.ended;
    await lookForMissed(tracker, gateway, since);
    if (tracker.inFlight === 0) return 0;
    if (tracker.ended > before) progressAt = performance.now();
    if (performance.now() - Math.max(progressAt, tracker.lastEndAt) > boundMs) return tracker.inFlight;
  }
  return 0;
}

/** A gateway that does not answer is asked again at the next look. */
async function lookForMissed(tracker: OrderTracker, gateway: GatewayClient, since: string): Promise<void> {
  try {
    for await (const outcome of missedOutcomes(gateway, since)) {
      tracker.seen(outcome);
      if (tracker.inFlight === 0) return;
    }
  } catch (error) {
    if (whyUnanswered(error) === undefined) throw error;
  }
}
