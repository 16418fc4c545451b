import { expect } from '@jest/globals';
import { parseEvent } from '@order-flow/contracts';
import type { EventLog, NewRecord } from '@order-flow/event-log';
import { z } from 'zod';
import { TransientError } from '../errors.js';
import type { Topology } from '../graph.js';
import { map } from '../operators.js';
import type { StateBackend } from '../state.js';
import { topology } from '../topology.js';
import { balanceEvents, BANK_PARTITIONS, entries, entryRecord, kindEvents, refunds } from './bank.js';
import { readTopic } from './bank-audit.js';

const Sum = z.object({ count: z.int(), amounts: z.array(z.int()) });
const KINDS = 5;

/** Amounts that make trouble while they stand here. */
export class Troubles {
  /** Parked. */
  readonly refused = new Set<number>();
  /** Found out by the commit only. */
  readonly unfit = new Set<number>();
  /** Fail once, and pass then. */
  readonly moody = new Set<number>();

  /** @param passes whether an amount that would fail again and again does so no longer */
  ease(passes: () => boolean): void {
    for (const amounts of [this.refused, this.unfit]) {
      for (const amount of amounts) if (passes()) amounts.delete(amount);
    }
  }
}

/**
 * Collects amounts by account, in order (`entry.events`) or not (`refund.events`), counts them by kind behind a
 * repartition, and counts the ticks of a clock.
 */
export const ledger = ({ refused, unfit, moody }: Troubles): Topology =>
  topology('ledger', (t) => {
    const sums = t.store('sums', Sum);
    const kinds = t.store('kinds', z.int());
    const ticks = t.store('ticks', z.int());
    const count = (total: number) => (entries: number) => ({
      type: 'KindCounted' as const,
      data: { entries, total },
    });
    const amounts = [entries, refunds].map((source) =>
      t
        .from(source, { sequenced: source === entries })
        .process(`collect ${source.name}`, { sums }, ({ key, value }, stores) => {
          const { amount } = value.data;
          const before = stores.sums.get(key) ?? { count: 0, amounts: [] };
          const after = { count: before.count + 1, amounts: [...before.amounts, amount] };
          stores.sums.put(key, unfit.has(amount) ? { ...after, count: 0.5 } : after);
          if (refused.has(amount)) throw new Error(`refused ${amount}`);
          if (moody.delete(amount)) throw new TransientError('not now');
          return [{ type: 'BalanceChanged' as const, data: { balance: amount, entries: after.count } }];
        }),
    );
    for (const [index, collected] of amounts.entries()) {
      collected.to(balanceEvents);
      collected
        .pipe(map(({ data }) => ({ kind: `kind-${data.balance % KINDS}` })))
        .repartition(`by-kind-${index}`, { schema: z.object({ kind: z.string() }), key: ({ kind }) => kind })
        .process(`count-${index}`, { kinds }, ({ key }, stores) => {
          const entries = (stores.kinds.get(key) ?? 0) + 1;
          stores.kinds.put(key, entries);
          return [count(0)(entries)];
        })
        .to(kindEvents);
    }
    t.every('tick', 7, { ticks }, (now, stores) => {
      const ticked = (stores.ticks.get('ticks') ?? 0) + 1;
      stores.ticks.put('ticks', ticked);
      return [{ key: 'tick', value: count(1)(ticked), causationId: `tick:${now}`, correlationId: 'tick' }];
    }).to(kindEvents);
  });

/** @param account those that begin with `any` are of shared keys */
export function amountRecord(amount: number, account: string): NewRecord {
  const record = entryRecord(amount, account, { type: 'Deposited', data: { amount, kind: 'x' } });
  return account.startsWith('any') ? { ...record, topic: refunds.name } : record;
}

const ascending = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);
const upTo = (end: number): number[] => Array.from({ length: end }, (_, index) => index + 1);

/**
 * Compares outputs and stores with what was written: each amount once, in order where that matters, and each number that a
 * store gave out once. Everything must be consumed, nothing parked, and the topology stopped.
 */
export async function auditLedger(
  log: EventLog,
  state: StateBackend,
  written: ReadonlyMap<string, readonly number[]>,
): Promise<void> {
  const stored = (store: string, key: string): unknown[] =>
    Array.from({ length: BANK_PARTITIONS }, (_, slice) => state.slice('ledger', slice).get(store, key)).flatMap(
      (raw) => (raw ? [JSON.parse(raw.toString()) as unknown] : []),
    );
  const outputs = (await readTopic(log, balanceEvents.name)).flat();
  for (const [account, wanted] of written) {
    const events = outputs
      .filter(({ key }) => key === account)
      .map(({ value }) => parseEvent(balanceEvents, JSON.parse((value ?? '').toString())).data);
    const amounts = events.map(({ balance }) => balance);
    expect({ account, amounts: account.startsWith('any') ? ascending(amounts) : amounts }).toEqual({
      account,
      amounts: wanted,
    });
    expect(events.map(({ entries: count }) => count)).toEqual(upTo(wanted.length));
    expect(stored('sums', account)).toEqual([{ count: wanted.length, amounts }]);
  }
  const counted = (await readTopic(log, kindEvents.name))
    .flat()
    .map(({ key, value }) => ({ key, ...parseEvent(kindEvents, JSON.parse((value ?? '').toString())).data }));
  const numbersOf = (name: string): number[] => counted.filter(({ key }) => key === name).map((event) => event.entries);
  for (let kind = 0; kind < KINDS; kind++) {
    const all = [...written.values()].flat().filter((amount) => amount % KINDS === kind);
    expect(numbersOf(`kind-${kind}`)).toEqual(upTo(all.length));
  }
  expect(ascending(numbersOf('tick'))).toEqual(ascending((stored('ticks', 'ticks') as number[]).flatMap(upTo)));
}
