import { z } from 'zod';
import type { GatewayClient } from './gateway-client.js';
import { FINAL_STATUSES, Outcome } from './outcome.js';

const QUERY = `query ($after: String, $from: DateTime!) {
  orders(first: 100, after: $after, filter: { statuses: [${FINAL_STATUSES.join(', ')}], placedFrom: $from }) {
    edges { node { id status reason } } pageInfo { hasNextPage endCursor }
  } }`;

const Page = z.object({
  orders: z.object({
    edges: z.array(z.object({ node: Outcome })),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
  }),
});

/** The orders placed since an instant that are at an end, newest first: what a feed that broke did not tell. */
export async function* missedOutcomes(gateway: GatewayClient, since: string): AsyncGenerator<Outcome> {
  let after: string | null = null;
  for (;;) {
    const { orders }: z.infer<typeof Page> = await gateway.execute(Page, QUERY, { after, from: since });
    for (const { node } of orders.edges) yield node;
    if (!orders.pageInfo.hasNextPage) return;
    after = orders.pageInfo.endCursor;
  }
}
