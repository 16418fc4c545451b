import { type AccountDomainEvent, type CatalogDomainEvent, ContractError } from '@order-flow/contracts';
import type { EventStore, RecordedEvent } from '@order-flow/event-store';
import type { Logger, Metrics } from '@order-flow/service-kit';
import type { Account } from '../domain/account.js';
import type { PricedProduct } from '../domain/pricing.js';
import { accounts, products } from './aggregates.js';
import { restoreEvent } from './handle.js';

const PRODUCT = 'product-';
const ACCOUNT = 'account-';

export function directoryMetrics(metrics: Metrics) {
  return {
    skipped: metrics.counter(
      'directory_events_skipped_total',
      'Events left out of price book and accounts as unreadable',
    ),
  };
}

/** What it tells of. */
export interface DirectoryTelling {
  readonly logger: Logger;
  readonly metrics: ReturnType<typeof directoryMetrics>;
}

/**
 * The write side's own price book and list of accounts: folded from a catch-up subscription, so that an order is priced
 * and checked without a round trip. What it does not know yet is read from its stream. An event that cannot be read is left
 * out here as in the read models, so that what customers are shown is what they are charged.
 */
export class Directory {
  readonly #products = new Map<string, PricedProduct>();
  readonly #accounts = new Map<string, Account>();
  /**
   * By stream, the revision folded last. An event may come twice, by a read of its stream and by the subscription, and all
   * come again to one that begins anew: what is known already must not undo what came after it.
   */
  readonly #folded = new Map<string, number>();

  constructor(
    readonly store: EventStore,
    readonly telling: DirectoryTelling,
  ) {}

  /** Follows the store until the signal; `ready` is called whenever it has caught up. */
  async follow(signal: AbortSignal, ready: () => void): Promise<void> {
    const filter = { streamPrefixes: [PRODUCT, ACCOUNT] };
    for await (const message of this.store.subscribeAll({ filter, signal })) {
      if (message.kind === 'event') this.#apply(message.event);
      if (message.kind === 'caught-up') ready();
    }
  }

  async product(sku: string): Promise<PricedProduct | undefined> {
    if (!this.#products.has(sku)) await this.#readStream(products.stream(sku));
    return this.#products.get(sku);
  }

  async account(id: string): Promise<Account | undefined> {
    if (!this.#accounts.has(id)) await this.#readStream(accounts.stream(id));
    return this.#accounts.get(id);
  }

  async #readStream(stream: string): Promise<void> {
    for await (const event of this.store.readStream(stream)) this.#apply(event);
  }

  #apply(recorded: RecordedEvent): void {
    const { stream, revision } = recorded;
    if (revision <= (this.#folded.get(stream) ?? -1)) return;
    this.#folded.set(stream, revision);
    try {
      if (stream.startsWith(PRODUCT)) this.#applyProduct(stream.slice(PRODUCT.length), recorded);
      else this.#applyAccount(stream.slice(ACCOUNT.length), recorded);
    } catch (error) {
      if (!(error instanceof ContractError)) throw error;
      this.#skipped(recorded, error);
    }
  }

  #skipped({ stream, revision }: RecordedEvent, error: ContractError): void {
    const { logger, metrics } = this.telling;
    metrics.skipped.inc();
    logger.error(
      { stream, revision, err: error },
      `${error.message}; orders are taken at what ${stream} says without it, until this service runs in a version that reads it`,
    );
  }

  #applyAccount(id: string, recorded: RecordedEvent): void {
    const event = restoreEvent<AccountDomainEvent>(accounts.topic, recorded);
    this.#accounts.set(id, accounts.decider.evolve(this.#accounts.get(id) ?? accounts.decider.initialState, event));
  }

  #applyProduct(sku: string, recorded: RecordedEvent): void {
    const event = restoreEvent<CatalogDomainEvent>(products.topic, recorded);
    const known = this.#products.get(sku);
    if (event.type === 'ProductAdded') {
      this.#products.set(sku, { name: event.data.name, price: event.data.price, discontinued: false });
    } else if (known && event.type === 'PriceChanged') {
      this.#products.set(sku, { ...known, price: event.data.price });
    } else if (known && event.type === 'ProductDiscontinued') {
      this.#products.set(sku, { ...known, discontinued: true });
    }
  }
}
