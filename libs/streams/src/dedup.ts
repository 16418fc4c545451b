import type { OpenStores, StreamTime } from './graph.js';
import type { Rec } from './record.js';
import type { StoreDefinition } from './store.js';

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

  return (
    record: Rec<Value>,
    { seen }: OpenStores<{ seen: StoreDefinition<number> }>,
    time: StreamTime,
  ): readonly Value[] => {
    if (sweepOf(time.now) > sweepOf(time.before)) {
      let swept = 0;
      for (const [name] of seen.range({ lt: bucketText(bucketOf(time.now) - 1) })) {
        seen.delete(name);
        if (++swept === SWEEP_LIMIT) break;
      }
    }
    const name = `${record.key}/${id(record.value, record)}`;
    const bucket = bucketOf(record.timestamp);
    const first = [bucket, bucket - 1, bucket + 1]
      .map((near) => seen.get(`${bucketText(near)}/${name}`))
      .find((timestamp) => timestamp !== undefined && Math.abs(timestamp - record.timestamp) <= horizonMs);
    if (first !== undefined) return [];
    seen.put(`${bucketText(bucket)}/${name}`, record.timestamp);
    return [record.value];
  };
}
