import type { OpenStores, StreamTime } from './graph.js';
import type { Rec } from './record.js';
import type { KeyValueStore, StoreDefinition } from './store.js';

export interface DedupSettings<Value> {
  /** What two records have in common when one repeats the other; they must also have the same key. */
  readonly id: (value: Value, record: Rec<Value>) => string;
  /** Milliseconds between the timestamps of a record and what may repeat it. */
  readonly horizonMs: number;
}

const DIGITS = 12;
/** How many times per horizon what is out of reach is cleared away, and how much at once. */
const SWEEPS = 64;
const SWEEP_LIMIT = 5_000;
/** After how many records it goes on where that was not all. */
const SWEEP_AGAIN = 500;

/**
 * Lets the first record of an id pass. Ids are kept in buckets one horizon wide, so that what may repeat a record lies in
 * its own bucket or a neighbour's, and what has expired is a range of keys. A repetition that comes when stream time has
 * left the first one two horizons behind passes: it is no longer known.
 * @throws RangeError when the horizon is no positive whole number
 */
export function dedup<Value>({ id, horizonMs }: DedupSettings<Value>) {
  if (!Number.isInteger(horizonMs) || horizonMs < 1) {
    throw new RangeError(`a horizon of ${horizonMs} ms: a positive whole number is needed`);
  }
  const bucketOf = (timestamp: number): number => Math.floor(timestamp / horizonMs);
  const bucketText = (bucket: number): string => String(Math.max(0, bucket)).padStart(DIGITS, '0');
  const sweepOf = (time: number): number => Math.floor((time * SWEEPS) / horizonMs);
  /** Records until the next sweep of a store that has more to clear away than a sweep takes. */
  const behind = new WeakMap<object, number>();
  const isDue = (seen: object, time: StreamTime): boolean => {
    const left = behind.get(seen);
    if (left !== undefined && left > 0) behind.set(seen, left - 1);
    return left === 0 || sweepOf(time.now) > sweepOf(time.handled);
  };
  const sweep = (seen: KeyValueStore<number>, known: string): void => {
    let swept = 0;
    behind.delete(seen);
    for (const [name] of seen.range({ lt: known })) {
      seen.delete(name);
      if (++swept < SWEEP_LIMIT) continue;
      behind.set(seen, SWEEP_AGAIN);
      return;
    }
  };

  return (
    record: Rec<Value>,
    { seen }: OpenStores<{ seen: StoreDefinition<number> }>,
    time: StreamTime,
  ): readonly Value[] => {
    const oldest = bucketOf(time.now) - 1;
    if (isDue(seen, time)) sweep(seen, bucketText(oldest));
    const name = `${record.key}/${id(record.value, record)}`;
    const bucket = bucketOf(record.timestamp);
    // What is out of reach is not known any more, whether it was cleared away yet or not.
    const first = [bucket, bucket - 1, bucket + 1]
      .filter((near) => near >= oldest)
      .map((near) => seen.get(`${bucketText(near)}/${name}`))
      .find((timestamp) => timestamp !== undefined && Math.abs(timestamp - record.timestamp) <= horizonMs);
    if (first !== undefined) return [];
    if (bucket >= oldest) seen.put(`${bucketText(bucket)}/${name}`, record.timestamp);
    return [record.value];
  };
}
