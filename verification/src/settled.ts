import { setTimeout as delay } from 'node:timers/promises';

const STABLE_FOR_MS = 1_500;
const OPEN_ORDERS =
  '{ orders(first: 100, filter: {statuses: [PENDING, RESERVED, CANCELLING]}) { edges { node { id } } } projections { name lag } }';

interface Answer {
  readonly data?: {
    readonly orders: { readonly edges: readonly { readonly node: { readonly id: string } }[] };
    readonly projections: readonly { readonly name: string; readonly lag: number }[];
  };
}

async function leftOver(gateway: string, token: string): Promise<string | undefined> {
  const response = await fetch(`${gateway}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: OPEN_ORDERS }),
  });
  const answer = (await response.json()) as Answer;
  if (!answer.data) return JSON.stringify(answer);
  const { orders, projections } = answer.data;
  const open = orders.edges.map(({ node }) => node.id);
  const behind = projections.filter(({ lag }) => lag > 0);
  return open.length + behind.length === 0
    ? undefined
    : `open orders ${open.slice(0, 3).join(', ')} (${open.length}), behind ${JSON.stringify(behind)}`;
}

/**
 * Waits until nothing is left to do. It has to stay so for a while: what was accepted last may still be on its way from the
 * event store to the topics.
 * @throws Error naming what is left after `withinMs`
 */
export async function settled(gateway: string, token: string, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (let since = Date.now(); ;) {
    const left = await leftOver(gateway, token).catch((error: unknown) => String(error));
    if (left !== undefined) since = Date.now();
    else if (Date.now() - since > STABLE_FOR_MS) return;
    if (Date.now() > deadline) throw new Error(`not settled within ${withinMs / 1_000} s: ${left ?? 'unstable'}`);
    await delay(50);
  }
}
