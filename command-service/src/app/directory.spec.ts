import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { deterministicId } from '@order-flow/contracts';
import { type EventStore, openEmbeddedEventStore } from '@order-flow/event-store';
import { createLogger, Metrics, silentLogger } from '@order-flow/service-kit';
import { accounts, products } from './aggregates.js';
import { Directory, directoryMetrics } from './directory.js';
import { handle } from './handle.js';

const sku = 'TEA-GREEN-100';
const euros = (amount: number) => ({ amount, currency: 'EUR' });
/** More than one page of the store, so that other work has its turn while they are read. */
const PRICES = 1_200;

const directoryOf = (store: EventStore, logger = silentLogger()): Directory =>
  new Directory(store, { logger, metrics: directoryMetrics(new Metrics('test')) });

describe('the price book', () => {
  let path: string;
  let store: EventStore;

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'directory-'));
    store = await openEmbeddedEventStore({ path });
  });
  afterEach(async () => {
    await store.close();
    await rm(path, { recursive: true, force: true });
  });

  const run = async (number: number, command: Parameters<typeof products.decider.decide>[0]) => {
    const commandId = deterministicId('directory', String(number));
    await handle(store, products, sku, { commandId, correlationId: commandId, input: command }, () => command);
  };
  const changePrices = async () => {
    await run(0, { type: 'AddProduct', sku, name: 'Tea', description: '', category: '', price: euros(1), stock: 0 });
    const changes = Array.from({ length: PRICES - 1 }, (_, index) => ({
      id: deterministicId('directory', 'price', String(index)),
      type: 'PriceChanged',
      data: { sku, price: euros(index + 2), previous: euros(index + 1) },
      metadata: { $correlationId: 'prices', $causationId: 'prices', schemaversion: 1, inputHash: '' },
    }));
    await store.append(products.stream(sku), changes, 0);
  };

  /** Follows the store until it has caught up. @returns the prices that the book had meanwhile */
  const pricesWhileFollowing = async (directory: Directory) => {
    const caughtUp = new AbortController();
    const following = directory.follow(caughtUp.signal, () => caughtUp.abort());
    const seen = new Set<number | undefined>();
    while (!caughtUp.signal.aborted) {
      await setImmediate();
      seen.add((await directory.product(sku))?.price.amount);
    }
    await following;
    return [...seen];
  };

  it('never goes back to a former price while it reads the store again', async () => {
    await changePrices();
    const directory = directoryOf(store);
    await pricesWhileFollowing(directory);
    expect((await directory.product(sku))?.price).toEqual(euros(PRICES));
    expect(await pricesWhileFollowing(directory)).toEqual([PRICES]);
  });

  it('takes what it read of a stream for newer than what its subscription still has to tell', async () => {
    await changePrices();
    const directory = directoryOf(store);
    expect((await directory.product(sku))?.price).toEqual(euros(PRICES));
    expect(await pricesWhileFollowing(directory)).toEqual([PRICES]);
  });

  it('goes on past an event that it cannot read, and says so once', async () => {
    await changePrices();
    const metadata = { $correlationId: 'test', $causationId: 'test', schemaversion: 2 };
    const unknown = { id: deterministicId('directory', 'unknown'), type: 'PriceHalved', data: { sku }, metadata };
    const id = deterministicId('directory', 'account');
    await store.append(products.stream(sku), [unknown], 'any');
    const opened = { id, type: 'AccountOpened', data: { accountId: 'ada', name: 'Ada', email: null }, metadata };
    await store.append(accounts.stream('ada'), [opened], 'any');
    const said: string[] = [];
    const destination = { write: (line: string) => void said.push(line) };
    const directory = directoryOf(store, createLogger({ level: 'error', format: 'json', destination }));
    await pricesWhileFollowing(directory);
    await pricesWhileFollowing(directory);
    expect((await directory.product(sku))?.price).toEqual(euros(PRICES));
    expect((await directory.account('ada'))?.open).toBe(true);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(
      `event ${PRICES} of product-${sku} cannot be read: PriceHalved is no event of catalog.events`,
    );
  });
});
