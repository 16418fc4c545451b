import { z } from 'zod';
import { eventType } from '../event.js';
import { NonNegativeMoney } from '../money.js';
import { AccountId } from '../ordering-language.js';
import { type DomainEventOf, type EventOf, eventTopic } from '../topic.js';

/** Version 1 of AccountOpened had one `holder` field, `Name <email>` or only a name. */
export function splitHolder(data: { accountId: string; holder: string }) {
  const match = /^(.*?)\s*<([^<>]+)>$/.exec(data.holder);
  return { accountId: data.accountId, name: match?.[1] || data.holder, email: match?.[2] ?? null };
}

/** Streams `account-<id>`. */
export const accountEvents = eventTopic('account.events', 'account id', {
  AccountOpened: eventType(
    z.object({ accountId: AccountId, name: z.string().min(1).max(200), email: z.email().max(254).nullable() }),
    2,
    { 1: splitHolder },
  ),
  FundsDeposited: eventType(z.object({ accountId: AccountId, amount: NonNegativeMoney })),
  AccountFrozen: eventType(z.object({ accountId: AccountId, reason: z.string().max(200) })),
  AccountUnfrozen: eventType(z.object({ accountId: AccountId })),
});
export type AccountEvent = EventOf<typeof accountEvents>;
export type AccountDomainEvent = DomainEventOf<typeof accountEvents>;
