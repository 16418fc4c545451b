import { createHash } from 'node:crypto';
import { z } from 'zod';
import { StreamsError } from './errors.js';
import { PARKED_STORE } from './graph.js';
import type { SliceState } from './state.js';

const LONGEST_NAME = 1_000;

/** Where the records of one key stand in the dead-letter queue. */
const Parked = z.object({
  /** None of them stands before this offset. */
  since: z.int().min(0),
  count: z.int().min(1),
  /** Offset in their input topic: from here on it holds what letters had to leave out. */
  originals: z.int().min(0).optional(),
});
export type Parked = z.infer<typeof Parked>;

/** Keys come from outside and may be longer than a state's keys: their digest stands for long ones. */
export function parkedName(topic: string, key: string | null): string {
  const name = `${topic}/${key ?? ''}`;
  return name.length <= LONGEST_NAME / 3 ? name : `${topic}/sha256:${createHash('sha256').update(name).digest('hex')}`;
}

function parse(name: string, raw: Buffer): Parked {
  try {
    return Parked.parse(JSON.parse(raw.toString()));
  } catch (cause) {
    throw new StreamsError('STATE_UNREADABLE', `store ${PARKED_STORE} at ${name}: ${String(cause)}`, { cause });
  }
}

/** Keys with records in the dead-letter queue. Few, so they are held in memory. */
export class ParkedKeys {
  readonly #keys = new Map<string, Parked>();
  readonly #changed = new Set<string>();

  constructor(readonly state: SliceState) {}

  load(): void {
    for (const [name, raw] of this.state.range(PARKED_STORE, {})) this.#keys.set(name, parse(name, raw));
  }

  has(topic: string, key: string | null): boolean {
    return this.#keys.size > 0 && this.#keys.has(parkedName(topic, key));
  }

  get(name: string): Parked | undefined {
    return this.#keys.get(name);
  }

  get names(): readonly string[] {
    return [...this.#keys.keys()];
  }

  /** Records in the queue. */
  get records(): number {
    return [...this.#keys.values()].reduce((sum, { count }) => sum + count, 0);
  }

  /** No parked record stands before this offset of the queue; undefined when there is none. */
  get since(): number | undefined {
    const all = [...this.#keys.values()].map(({ since }) => since);
    return all.length > 0 ? Math.min(...all) : undefined;
  }

  /** None of a topic's records stands before this offset of it and has a letter that lacks some of it. */
  originalsIn(topic: string): number {
    let first = Infinity;
    for (const [name, { originals = Infinity }] of this.#keys) {
      if (name.startsWith(`${topic}/`)) first = Math.min(first, originals);
    }
    return first;
  }

  /**
   * One more record of a key.
   * @param end where the queue ended at the last commit
   * @param original its offset, if its letter lacks some of it
   */
  add(name: string, end: number, original = Infinity): void {
    const before = this.#keys.get(name) ?? { since: end, count: 0 };
    const originals = Math.min(original, before.originals ?? Infinity);
    const { since, count } = before;
    this.#set(name, { since, count: count + 1, ...(originals === Infinity ? {} : { originals }) });
  }

  /** The key's records were run, but for `count` from `since` on. */
  left(name: string, since: number, count: number): void {
    this.#set(name, { ...this.#keys.get(name), since, count });
  }

  #set(name: string, parked: Parked): void {
    if (parked.count > 0) this.#keys.set(name, parked);
    else this.#keys.delete(name);
    this.#changed.add(name);
  }

  get changed(): boolean {
    return this.#changed.size > 0;
  }

  /** Hands over to a commit what changed since the last. */
  toCommit(): Map<string, Buffer | null> {
    const writes = [...this.#changed].map((name) => {
      const parked = this.#keys.get(name);
      return [name, parked ? Buffer.from(JSON.stringify(parked)) : null] as const;
    });
    this.#changed.clear();
    return new Map(writes);
  }
}
