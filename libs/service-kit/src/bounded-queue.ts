import { setImmediate as turn } from 'node:timers/promises';

/** Between one producer and one consumer that takes all there is: `push` waits while it is full. */
export class BoundedQueue<Item> {
  #items: Item[] = [];
  #wakeConsumer: (() => void) | undefined;
  #wakeProducer: (() => void) | undefined;
  #closed = false;

  constructor(readonly limit: number) {}

  get size(): number {
    return this.#items.length;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  async push(item: Item): Promise<void> {
    while (this.#items.length >= this.limit && !this.#closed) {
      await new Promise<void>((resolve) => (this.#wakeProducer = resolve));
    }
    this.#items.push(item);
    this.#wakeConsumer?.();
  }

  /**
   * At least one item, at most `max`; none once it is closed and empty. What a producer has at hand comes together, also
   * when it pushes one by one.
   */
  async take(max: number): Promise<Item[]> {
    while (this.#items.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => (this.#wakeConsumer = resolve));
      await turn();
    }
    return this.takeNow(max);
  }

  /** Whether there is an item within milliseconds; none once it is closed. As with `take`, more may have come by then. */
  async hasMoreWithin(ms: number): Promise<boolean> {
    if (this.#items.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wakeConsumer = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      await turn();
    }
    return this.#items.length > 0;
  }

  /** What there is, at most `max`. */
  takeNow(max: number): Item[] {
    const taken = this.#items.splice(0, max);
    this.#wakeProducer?.();
    return taken;
  }

  close(): void {
    this.#closed = true;
    this.#wakeConsumer?.();
    this.#wakeProducer?.();
  }
}
