import type { Identity } from '@order-flow/service-kit';
import type { Ready } from './ready-file.js';
import { sample } from './demo-shop.js';

const LIFETIME = '30d';

/** Tokens for whoever started the system: the sample customer's and an operator's. */
export async function issueTokens(identity: Identity): Promise<Ready['tokens']> {
  return {
    customer: await identity.issue({ subject: sample.accountId, role: 'customer' }, LIFETIME),
    operator: await identity.issue({ subject: 'operator', role: 'operator' }, LIFETIME),
  };
}
