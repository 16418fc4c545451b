import { BoundedMap } from '@order-flow/service-kit';
import { Latencies } from './latencies.js';
import type { Outcome } from './outcome.js';

interface Open {
  /** `performance.now()` when it was sent, or should have been. */
  readonly sentAt: number;
  /** Its end is CANCELLED, unless it fails first. */
  toBeCancelled: boolean;
  last?: Outcome;
}

const MAX_EARLY = 100_000;

/** Orders from sending to their end in the read model. News of an order may come before the answer to placing it. */
export class OrderTracker {
  placed = 0;
  confirmed = 0;
  cancelled = 0;
  readonly failed = new Map<string, number>();
  /** From sending to the end in the read model, of orders that nobody cancelled. */
  readonly latencies = new Latencies();
  /** When the last order came to its end. */
  lastEndAt = 0;
  readonly #open = new Map<string, Open>();
  readonly #early = new BoundedMap<string, { outcome: Outcome; at: number }>(MAX_EARLY);
  #wake: (() => void) | undefined;

  constructor(readonly now: () => number = () => performance.now()) {}

  get inFlight(): number {
    return this.#open.size;
  }

  get failures(): number {
    return [...this.failed.values()].reduce((sum, count) => sum + count, 0);
  }

  get ended(): number {
    return this.placed - this.#open.size;
  }

  /** An order was accepted. */
  accepted(id: string, sentAt: number, toBeCancelled = false): void {
    this.placed += 1;
    this.#open.set(id, { sentAt, toBeCancelled });
    const early = this.#early.get(id);
    this.#early.delete(id);
    if (early) this.seen(early.outcome, early.at);
  }

  /** It stays as it is: its cancellation was refused. */
  keep(id: string): void {
    const order = this.#open.get(id);
    if (!order) return;
    order.toBeCancelled = false;
    if (order.last) this.seen(order.last);
  }

  /** The read model shows an order at an end. Repetitions, and orders of others, are harmless. */
  seen(outcome: Outcome, at: number = this.now()): void {
    const { id, status, reason } = outcome;
    const order = this.#open.get(id);
    if (!order) {
      this.#remember(outcome, at);
      return;
    }
    order.last = outcome;
    if (order.toBeCancelled && status === 'CONFIRMED') return;
    this.#open.delete(id);
    this.lastEndAt = at;
    if (status === 'CONFIRMED') this.confirmed += 1;
    else if (status === 'CANCELLED') this.cancelled += 1;
    else this.failed.set(reason ?? 'UNKNOWN', (this.failed.get(reason ?? 'UNKNOWN') ?? 0) + 1);
    if (status !== 'CANCELLED') this.latencies.add(at - order.sentAt);
    this.#wake?.();
  }

  /** Resolves with false when no order came to its end for so long, with true as soon as none is open. */
  async settled(quietMs: number): Promise<boolean> {
    while (this.#open.size > 0) {
      const moved = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), quietMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve(true);
        };
      });
      this.#wake = undefined;
      if (!moved) return false;
    }
    return true;
  }

  #remember(outcome: Outcome, at: number): void {
    if (!this.#early.has(outcome.id)) this.#early.set(outcome.id, { outcome, at });
  }
}
