import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { z } from 'zod';
import { type OrderRequest, placeOrder } from '../orders/commands.js';
import { GatewayClient } from '../orders/gateway-client.js';
import { type OrderFeed, followOrders } from '../orders/order-feed.js';
import { OrderTracker } from '../orders/order-tracker.js';
import { atConstantRate } from '../orders/pace.js';
import { settle } from '../orders/settle.js';
import { demoProducts, type Ready } from '@order-flow/all-in-one';
import { pick, seededRandom } from '@order-flow/service-kit/testing';

export const IN_FLIGHT = 128;
const GIVE_UP_AFTER_MS = 60_000;
const PLENTY_OF_STOCK = 1_000_000;
const PLENTY_OF_MONEY = { amount: 1_000_000_000_00, currency: 'EUR' };
const CUSTOMERS =
  'ada bruno clara david elif farid greta hugo ines jonas kira liam mona nils olga pablo quinn rosa'.split(' ');
const Products = z.object({
  products: z.object({
    edges: z.array(z.object({ node: z.object({ sku: z.string(), available: z.int().nullable() }) })),
  }),
});

type Place = (order: OrderRequest) => Promise<string>;

/** Loads one running platform with orders that all go through, and follows them to CONFIRMED in the read model. */
export class OrderLoad {
  readonly #random = seededRandom(42);
  #skus: readonly string[] = [];

  private constructor(
    readonly gateway: GatewayClient,
    readonly commands: Pool,
    readonly ready: Ready,
  ) {}

  /** Gives the demo shop stock and its customers money for any number of orders. */
  static async open(ready: Ready): Promise<OrderLoad> {
    const gateway = new GatewayClient(ready.urls.gateway, ready.tokens.operator, { connections: IN_FLIGHT });
    const load = new OrderLoad(gateway, new Pool(ready.urls.commands, { connections: IN_FLIGHT }), ready);
    load.#skus = demoProducts.map(({ sku }) => sku);
    await Promise.all(load.#skus.map((sku) => load.#send(`/api/products/${sku}/stock`, { quantity: PLENTY_OF_STOCK })));
    await Promise.all(CUSTOMERS.map((id) => load.#send(`/api/accounts/${id}/deposits`, { amount: PLENTY_OF_MONEY })));
    const isThere = async (): Promise<boolean> => {
      const products = await load.#products();
      return load.#skus.every((id) =>
        products.some(({ sku, available }) => sku === id && Number(available) >= PLENTY_OF_STOCK),
      );
    };
    while (!(await isThere())) await delay(50);
    return load;
  }

  async close(): Promise<void> {
    await this.gateway.close();
    await this.commands.destroy();
  }

  /**
   * An open loop through GraphQL.
   * @returns milliseconds from when an order was due to CONFIRMED
   */
  async latency(rate: number, count: number): Promise<{ p50: number; p95: number; p99: number }> {
    const { tracker } = await this.#followed(async (accept) => {
      const sent: Promise<void>[] = [];
      await atConstantRate(count, rate, (_index, dueAt) => {
        sent.push(this.#throughGateway(this.#order()).then((id) => accept(id, dueAt)));
      });
      await Promise.all(sent);
    });
    const [p50, p95, p99] = tracker.latencies.percentiles(0.5, 0.95, 0.99);
    return { p50, p95, p99 };
  }

  /** As fast as it goes with so many requests in flight. @returns orders a second, from the first request to the last CONFIRMED */
  async throughput(
    through: 'commands' | 'gateway',
    count: number,
  ): Promise<{ carriedPerSecond: number; acceptedPerSecond: number; interruptions: number }> {
    const place: Place = through === 'commands' ? this.#throughCommands : this.#throughGateway;
    const startedAt = performance.now();
    let acceptedAt = startedAt;
    const { tracker, interruptions } = await this.#followed(async (accept) => {
      let left = count;
      const worker = async (): Promise<void> => {
        while (left-- > 0) {
          const sentAt = performance.now();
          accept(await place(this.#order()), sentAt);
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
      acceptedAt = performance.now();
    });
    return {
      carriedPerSecond: (count * 1_000) / (tracker.lastEndAt - startedAt),
      acceptedPerSecond: (count * 1_000) / (acceptedAt - startedAt),
      interruptions,
    };
  }

  /** @throws Error when an order did not end as CONFIRMED */
  async #followed(
    load: (accept: (id: string, sentAt: number) => void) => Promise<void>,
  ): Promise<{ tracker: OrderTracker; interruptions: number }> {
    const tracker = new OrderTracker();
    const since = new Date(Date.now() - 1).toISOString();
    const { gateway, token } = { gateway: this.ready.urls.gateway, token: this.ready.tokens.operator };
    const feed: OrderFeed = await followOrders(gateway, token, (outcome) => tracker.seen(outcome));
    try {
      await load((id, sentAt) => tracker.accepted(id, sentAt));
      const left = await settle(tracker, this.gateway, since, GIVE_UP_AFTER_MS);
      if (left > 0 || tracker.failures > 0)
        throw new Error(`${left} orders did not end, ${tracker.failures} failed: the figures would mean nothing`);
      return { tracker, interruptions: feed.interruptions };
    } finally {
      await feed.close();
    }
  }

  #order(): OrderRequest {
    const random = this.#random;
    const skus = new Set(Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(random, this.#skus)));
    const items = [...skus].map((sku) => ({ sku, quantity: 1 + Math.floor(random() * 3) }));
    return { customerId: pick(random, CUSTOMERS), items };
  }

  readonly #throughGateway: Place = async (order) => {
    const decided = await placeOrder(this.gateway, order, randomUUID());
    if ('code' in decided) throw new Error(`an order was refused: ${decided.code} ${decided.message}`);
    return decided.id;
  };

  readonly #throughCommands: Place = async (order) =>
    z.object({ orderId: z.string() }).parse(await this.#send('/api/orders', order)).orderId;

  async #send(path: string, body: object): Promise<unknown> {
    const headers = {
      authorization: `Bearer ${this.ready.tokens.operator}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    };
    const answer = await this.commands.request({ path, method: 'POST', headers, body: JSON.stringify(body) });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${path} answered ${answer.statusCode}: ${text}`);
    return JSON.parse(text);
  }

  async #products(): Promise<{ sku: string; available: number | null }[]> {
    const { products } = await this.gateway.execute(
      Products,
      '{ products(first: 100) { edges { node { sku available } } } }',
    );
    return products.edges.map(({ node }) => node);
  }
}
