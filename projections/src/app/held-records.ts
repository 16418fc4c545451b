import type { Offset } from '@order-flow/event-log';
import type { Projection } from '../domain/projection.js';
import type { ParsedRecord } from './apply-batch.js';

/** Of these at most; beyond, none waits. */
const MOST_HELD = 4_000;

interface Group {
  readonly records: ParsedRecord[];
  /** On the clock of `performance.now()`. */
  until: number;
}

/**
 * Records that wait for others of their document, so that one write does for all of them. As soon as one of them may wait no
 * longer none does. Where events change several documents, all wait for all.
 */
export class HeldRecords {
  /** By document. */
  #groups = new Map<string, Group>();
  #count = 0;

  constructor(readonly projection: Pick<Projection, 'keys' | 'ofOneSlice' | 'lingerMs'>) {}

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Milliseconds until something may wait no longer. */
  untilDue(now: number): number {
    let until = Infinity;
    for (const group of this.#groups.values()) until = Math.min(until, group.until);
    return Math.max(0, until - now);
  }

  add(records: readonly ParsedRecord[], now: number): void {
    const { keys, ofOneSlice, lingerMs } = this.projection;
    for (const parsed of records) {
      const [id = ''] = ofOneSlice ? keys(parsed.event) : [];
      const until = now + (lingerMs[parsed.record.topic] ?? 0);
      const group = this.#groups.get(id);
      if (group) {
        group.records.push(parsed);
        group.until = Math.min(group.until, until);
      } else this.#groups.set(id, { records: [parsed], until });
    }
    this.#count += records.length;
  }

  /** Lets go of what may wait no longer; those of a document are in the order in which they came. @param all without exception */
  take(now: number, all: boolean): ParsedRecord[] {
    const isTime = all || this.#count > MOST_HELD;
    const ready: ParsedRecord[] = [];
    for (const [id, { records, until }] of this.#groups) {
      if (!isTime && until > now) continue;
      this.#groups.delete(id);
      for (const parsed of records) ready.push(parsed);
    }
    this.#count -= ready.length;
    return ready;
  }

  /** How far partitions that were read to these ends are without what waits. */
  reached(ends: ReadonlyMap<string, Offset>): Offset[] {
    const first = new Map<string, number>();
    for (const { records } of this.#groups.values()) {
      for (const { record } of records) {
        const place = placeOf(record);
        first.set(place, Math.min(first.get(place) ?? Infinity, record.offset));
      }
    }
    return [...ends].map(([place, end]) => ({ ...end, offset: first.get(place) ?? end.offset }));
  }
}

export const placeOf = ({ topic, partition }: { readonly topic: string; readonly partition: number }): string =>
  `${topic}/${partition}`;
