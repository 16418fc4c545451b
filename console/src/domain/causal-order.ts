/** What ordering needs to know of a record. */
export interface Caused {
  readonly timestamp: number;
  readonly id: string | null;
  readonly causationId: string | null;
}

/**
 * Orders records by timestamp, but never an effect before its cause: outputs inherit their cause's time, so whole chains
 * share one. Kahn's topological sort that always takes the earliest record whose cause was taken; records of equal time
 * keep the order given. A cause that is not among the records, or a circle of causes, holds nothing back.
 */
export function causalOrder<T extends Caused>(records: readonly T[]): T[] {
  const waiting = records.map((record, rank) => ({ record, rank })).sort((a, b) => earlier(a, b));
  const open = new Map<string, number>();
  for (const { id } of records) if (id !== null) open.set(id, (open.get(id) ?? 0) + 1);
  const ordered: T[] = [];
  while (waiting.length > 0) {
    const ready = waiting.findIndex(({ record: { id, causationId } }) => {
      return causationId === null || causationId === id || !open.get(causationId);
    });
    const [taken] = waiting.splice(Math.max(ready, 0), 1);
    if (!taken) break;
    ordered.push(taken.record);
    const { id } = taken.record;
    if (id !== null) open.set(id, (open.get(id) ?? 1) - 1);
  }
  return ordered;
}

type Ranked = { readonly record: Caused; readonly rank: number };

const earlier = (a: Ranked, b: Ranked): number => a.record.timestamp - b.record.timestamp || a.rank - b.rank;
