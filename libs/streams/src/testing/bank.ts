import { type DomainEventOf, encodeEvent, eventTopic, eventType } from '@order-flow/contracts';
import type { EventLog, NewRecord } from '@order-flow/event-log';
import { z } from 'zod';
import { map } from '../operators.js';
import { topology } from '../topology.js';
import { settled } from './renamed-log.js';

const entry = z.object({ amount: z.int(), kind: z.string() });
export const entries = eventTopic('entry.events', 'account', {
  Deposited: eventType(entry),
  Withdrawn: eventType(entry),
});
/** Entries of another topic, which the bank does not read. */
export const refunds = eventTopic('refund.events', 'account', { Deposited: eventType(entry) });
export const balanceEvents = eventTopic('balance.events', 'account', {
  BalanceChanged: eventType(z.object({ balance: z.int(), entries: z.int() })),
});
export const kindEvents = eventTopic('kind.events', 'kind', {
  KindCounted: eventType(z.object({ entries: z.int(), total: z.int() })),
});

export const Account = z.object({ balance: z.int(), entries: z.int() });
export type Account = z.infer<typeof Account>;
export const Kind = z.object({ entries: z.int(), total: z.int() });
const Movement = z.object({ kind: z.string(), amount: z.int() });

type Entry = DomainEventOf<typeof entries>;

const signed = ({ type, data }: Entry): number => (type === 'Deposited' ? data.amount : -data.amount);

/**
 * Books entries per account (an account at zero is forgotten) and counts them per kind behind a repartition: one of
 * everything a slice has to keep right. An entry with a negative amount cannot be booked.
 */
export const bank = topology('bank', (t) => {
  const accounts = t.store('accounts', Account);
  const kinds = t.store('kinds', Kind);
  const source = t.from(entries);
  source
    .process('book', { accounts }, ({ key, value }, stores) => {
      const before = stores.accounts.get(key) ?? { balance: 0, entries: 0 };
      const after = { balance: before.balance + signed(value), entries: before.entries + 1 };
      if (after.balance === 0) stores.accounts.delete(key);
      else stores.accounts.put(key, after);
      // Late, so that there is something to undo.
      if (value.data.amount < 0) throw new Error('negative amount');
      return [{ type: 'BalanceChanged' as const, data: after }];
    })
    .to(balanceEvents);
  source
    .pipe(map((event) => ({ kind: event.data.kind, amount: signed(event) })))
    .repartition('by-kind', { schema: Movement, key: ({ kind }) => kind })
    .process('count', { kinds }, ({ key, value }, stores) => {
      const before = stores.kinds.get(key) ?? { entries: 0, total: 0 };
      const after = { entries: before.entries + 1, total: before.total + value.amount };
      stores.kinds.put(key, after);
      return [{ type: 'KindCounted' as const, data: after }];
    })
    .to(kindEvents);
});

export const BANK_PARTITIONS = 3;

export const bankTopics = [entries, balanceEvents, kindEvents, ...bank.internalTopics];

/** An entry as it stands on its topic. @param number makes the id and the time */
export function entryRecord(number: number, account: string, event: Entry): NewRecord {
  const id = `entry-${number}`;
  const timestamp = Date.UTC(2026, 0, 1) + number;
  const value = encodeEvent({
    specversion: '1.0',
    id,
    source: '/test',
    type: event.type,
    subject: account,
    time: new Date(timestamp).toISOString(),
    datacontenttype: 'application/json',
    schemaversion: 1,
    correlationid: id,
    causationid: id,
    data: event.data,
  });
  return { topic: entries.name, key: account, value, timestamp };
}

/** A deposit or withdrawal that follows from its number alone; some bring their account to zero. */
export function numberedEntry(number: number): NewRecord {
  const account = `account-${number % 7}`;
  const kind = `kind-${number % 5}`;
  const type = Math.floor(number / 7) % 3 === 2 ? 'Withdrawn' : 'Deposited';
  const amount = type === 'Withdrawn' ? 20 : 10;
  return entryRecord(number, account, { type, data: { amount, kind } });
}

/** Writes records in one transaction. */
export async function produce(log: EventLog, records: readonly NewRecord[], producer = 'producer'): Promise<void> {
  const writer = await log.openWriter(producer);
  await writer.commit({ records });
  await writer.close();
  for (const topic of new Set(records.map((record) => record.topic))) await settled(log, topic);
}

export const numberedEntries = (from: number, to: number): NewRecord[] =>
  Array.from({ length: to - from }, (_, index) => numberedEntry(from + index));
