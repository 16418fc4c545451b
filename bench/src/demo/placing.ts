import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { cancelOrder, type Decided, placeOrder } from '../orders/commands.js';
import { type GatewayClient, whyUnanswered } from '../orders/gateway-client.js';
import type { OrderTracker } from '../orders/order-tracker.js';
import type { DemoOrder } from './order-mix.js';

/** Commands under way. One that gets no decision is counted; the others go on, for the system may be back with the next. */
export class Placing {
  /** Orders that were not accepted, by code. */
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

  /** @throws what a command failed with when no order was placed at all, or what is no failure of the system */
  async finished(): Promise<void> {
    await Promise.all(this.#underWay);
    if (this.#failure && (this.tracker.placed === 0 || whyUnanswered(this.#failure) === undefined)) throw this.#failure;
  }

  async #place({ order, cancelAfterMs }: DemoOrder): Promise<void> {
    const sentAt = performance.now();
    const decided = await this.#decided(placeOrder(this.gateway, order, randomUUID(), this.stop));
    if ('code' in decided) {
      this.refused.set(decided.code, (this.refused.get(decided.code) ?? 0) + 1);
      return;
    }
    this.tracker.accepted(decided.id, sentAt, cancelAfterMs !== undefined);
    if (cancelAfterMs === undefined) return;
    await delay(cancelAfterMs);
    const answer = await this.#decided(cancelOrder(this.gateway, decided.id, 'the customer thought better of it'));
    if ('code' in answer) this.tracker.keep(decided.id);
  }

  async #decided(command: Promise<Decided>): Promise<Decided> {
    try {
      return await command;
    } catch (error) {
      const code = whyUnanswered(error);
      if (code === undefined || this.stop.aborted) throw error;
      this.#failure ??= error as Error;
      return { code, message: (error as Error).message };
    }
  }
}
