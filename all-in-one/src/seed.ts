import type { EventStore, RecordedEvent } from '@order-flow/event-store';
import { ConfigurationError } from '@order-flow/service-kit';
import { demoAccounts, demoProducts } from './demo-shop.js';

/** Whether there are so many events in such streams. */
async function holds(store: EventStore, atLeast: number, ...streamPrefixes: string[]): Promise<boolean> {
  const found: RecordedEvent[] = [];
  for await (const event of store.readAll({ filter: { streamPrefixes }, limit: atLeast })) found.push(event);
  return found.length === atLeast;
}

/** An empty store is seeded; so is one whose seeding was interrupted: every command has a key of its own. */
export async function needsSeed(store: EventStore): Promise<boolean> {
  const first = demoProducts[0]?.sku ?? '';
  const last = demoAccounts.at(-1)?.accountId ?? '';
  if (!(await holds(store, 1, 'product-', 'account-', 'order-'))) return true;
  const begun = await holds(store, 1, `product-${first}`);
  // The last account is opened, then given its money.
  return begun && !(await holds(store, 2, `account-${last}`));
}

/**
 * Sends the demo shop as commands, like anybody else would.
 * @throws ConfigurationError when the token is signed with another key than the service's
 */
export async function seed(commandsUrl: string, operatorToken: string): Promise<void> {
  const send = async (path: string, key: string, body: unknown): Promise<void> => {
    const headers = {
      authorization: `Bearer ${operatorToken}`,
      'content-type': 'application/json',
      'idempotency-key': `seed:${key}`,
    };
    const response = await fetch(`${commandsUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (response.status === 401)
      throw new ConfigurationError(
        `${commandsUrl} refuses the token; name the directory with the keys of its system in IDENTITY_DIR`,
      );
    if (!response.ok) throw new Error(`seeding ${key} failed: ${response.status} ${await response.text()}`);
  };
  await Promise.all(demoProducts.map((product) => send('/api/products', product.sku, product)));
  const last = demoAccounts.at(-1);
  const open = async ({ accountId, name, email, deposit }: (typeof demoAccounts)[number]): Promise<void> => {
    await send('/api/accounts', accountId, { accountId, name, email });
    await send(`/api/accounts/${accountId}/deposits`, `${accountId}:deposit`, { amount: deposit });
  };
  await Promise.all(demoAccounts.filter((account) => account !== last).map(open));
  if (last) await open(last);
}
