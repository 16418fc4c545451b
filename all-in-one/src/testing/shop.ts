import type { Caller } from '@order-flow/service-kit';
import { eventually, type RunningPlatform } from './running-platform.js';

export const customer = (subject: string) => ({ subject, role: 'customer' }) as const satisfies Caller;
export const ada = customer('ada');
/** Has 25 EUR. */
export const tessa = customer('tessa');

export interface Placed {
  readonly id: string;
  readonly status: string;
  readonly version: number;
  readonly code?: string;
}

export interface Order {
  readonly status: string;
  readonly version: number;
  readonly reason: string | null;
  readonly total: { readonly amount: number };
}

const PLACE = `mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) { ... on Order { id status version } ... on Error { code message } }
}`;
const READ = `query ($id: ID!, $minVersion: Int) {
  order(id: $id, minVersion: $minVersion) { status version reason total { amount } }
}`;

/** What customers of a running platform do and see, through GraphQL. */
export class Shop {
  /** @param patienceMs what is waited for takes at most so long */
  constructor(
    private readonly platform: RunningPlatform,
    private readonly patienceMs = 15_000,
  ) {}

  async place(caller: Caller, sku: string, quantity: number): Promise<Placed> {
    const { data } = await this.platform.graphql(PLACE, { input: { items: [{ sku, quantity }] } }, caller);
    return data?.['placeOrder'] as Placed;
  }

  async read(id: string, minVersion?: number): Promise<Order | undefined> {
    const { data } = await this.platform.graphql(READ, { id, minVersion });
    return data?.['order'] ? (data['order'] as Order) : undefined;
  }

  /** The order once it has come to one of the statuses. */
  ended(id: string, ...statuses: string[]): Promise<Order> {
    return eventually(async () => {
      const order = await this.read(id);
      return order && statuses.includes(order.status) ? order : undefined;
    }, this.patienceMs);
  }

  /** Read models may be some milliseconds behind: waits until they have everything that is on the topics. */
  caughtUp(): Promise<true> {
    return eventually(async () => {
      const headers = { authorization: `Bearer ${await this.platform.token()}` };
      const response = await fetch(`${this.platform.urls.projections}/projections`, { headers });
      const statuses = (await response.json()) as { lag: number }[];
      return statuses.every(({ lag }) => lag === 0) || undefined;
    }, this.patienceMs);
  }

  async stockOf(sku: string): Promise<{ onHand: number; reserved: number; available: number }> {
    await this.caughtUp();
    const query = 'query ($sku: ID!) { product(sku: $sku) { onHand reserved available } }';
    const { data } = await this.platform.graphql(query, { sku });
    return data?.['product'] as { onHand: number; reserved: number; available: number };
  }

  async balanceOf(id: string): Promise<number> {
    await this.caughtUp();
    const query = 'query ($id: ID!) { account(id: $id) { balances { amount } } }';
    const { data } = await this.platform.graphql(query, { id });
    return (data?.['account'] as { balances: { amount: number }[] } | null)?.balances[0]?.amount ?? 0;
  }
}
