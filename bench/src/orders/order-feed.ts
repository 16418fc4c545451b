import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { FINAL_STATUSES, Outcome } from './outcome.js';

const FEED = `subscription { orderFeed(statuses: [${FINAL_STATUSES.join(', ')}]) { id status reason } }`;
const News = z.object({ data: z.object({ orderFeed: Outcome }) });

export interface OrderFeed {
  /** How often the feed broke and was taken up again; what happened meanwhile is for `missedOutcomes` to find. */
  readonly interruptions: number;
  close(): Promise<void>;
}

/**
 * Follows the orders that come to an end, in the read model, over one WebSocket (graphql-ws). A feed that breaks, or that
 * the gateway ends because it is read too slowly, is taken up again.
 * @returns once the subscription is open
 */
export async function followOrders(
  gateway: string,
  token: string,
  onOutcome: (outcome: Outcome) => void,
): Promise<OrderFeed> {
  const client = createClient({
    url: `${gateway.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 5,
  });
  let interruptions = 0;
  let closed = false;
  const subscribe = (): void =>
    void client.subscribe(
      { query: FEED },
      {
        next: (message) => onOutcome(News.parse(message).data.orderFeed),
        error: () => {
          interruptions += 1;
          if (!closed) setTimeout(subscribe, 100);
        },
        complete: () => undefined,
      },
    );
  subscribe();
  // Operations of one connection are taken in order: when the answer to this one is here, the feed is open.
  await client.iterate({ query: '{ __typename }' }).next();
  return {
    get interruptions() {
      return interruptions;
    },
    close: async () => {
      closed = true;
      await client.dispose();
    },
  };
}
