import { createHash } from 'node:crypto';
import { PARKED_STORE } from './graph.js';
import type { SliceState } from './state.js';

const LONGEST_NAME = 1_000;

/** Keys come from outside and may be longer than a state's keys: their digest stands for long ones. */
function parkedName(topic: string, key: string | null): string {
  const name = `${topic}/${key ?? ''}`;
  return name.length <= LONGEST_NAME / 3 ? name : `${topic}/sha256:${createHash('sha256').update(name).digest('hex')}`;
}

/** Keys with a record in the dead-letter queue: what follows them waits too. Few, so they are held in memory. */
export class ParkedKeys {
  readonly #keys = new Set<string>();
  readonly #added = new Set<string>();

  constructor(readonly state: SliceState) {}

  load(): void {
    for (const [key] of this.state.range(PARKED_STORE, {})) this.#keys.add(key);
  }

  has(topic: string, key: string | null): boolean {
    return this.#keys.size > 0 && this.#keys.has(parkedName(topic, key));
  }

  add(topic: string, key: string | null): void {
    const name = parkedName(topic, key);
    if (this.#keys.has(name)) return;
    this.#keys.add(name);
    this.#added.add(name);
  }

  /** What was added since the last call. */
  uncommitted(): Map<string, Buffer | null> {
    const writes = new Map([...this.#added].map((key) => [key, Buffer.from('1')] as const));
    this.#added.clear();
    return writes;
  }
}
