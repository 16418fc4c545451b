import type { z } from 'zod';
import { StreamsError } from './errors.js';
import { compareKeys, inRange, type KeyRange, type SliceState } from './state.js';

/** A named, typed store of one topology. Keys are text; values are JSON that fits the schema. */
export interface StoreDefinition<Value = unknown> {
  readonly name: string;
  readonly schema: z.ZodType<Value>;
}

/** What a handler sees of a store. Values are immutable: put a new one. */
export interface KeyValueStore<Value> {
  get(key: string): Value | undefined;
  put(key: string, value: Value): void;
  delete(key: string): void;
  /** In the order of keys, uncommitted writes included. */
  range(range: KeyRange): Iterable<readonly [key: string, value: Value]>;
}

/** The end of the range of all keys that begin with `prefix`, for KeyRange.lt. */
export const afterPrefix = (prefix: string): string => `${prefix}\u{10ffff}`;

type Entries<Value> = Map<string, Value | undefined>;

/** Entries per store and slice that are kept parsed. */
const CACHE_LIMIT = 500;
/** Bytes; the local state takes no longer ones. */
const MAX_KEY = 1_500;
/** Bytes; with its key it must fit a record of the changelog. */
const MAX_VALUE = 1_000_000;

function checkKey(store: string, key: string): void {
  if (key.length * 3 <= MAX_KEY || Buffer.byteLength(key) <= MAX_KEY) return;
  throw new RangeError(`a key of store ${store} has ${Buffer.byteLength(key)} bytes; the limit is ${MAX_KEY}`);
}

/**
 * A store with uncommitted writes on top of a slice's state: `overlay` (since the last commit) over `pending` (committed
 * to the log, on its way to the local state) over a bounded cache over the state itself.
 */
export class SliceStore<Value> implements KeyValueStore<Value> {
  #overlay: Entries<Value> = new Map();
  #pending: Entries<Value> = new Map();
  #journal: { key: string; had: boolean; value: Value | undefined }[] = [];
  readonly #cache: Entries<Value> = new Map();

  constructor(
    readonly definition: StoreDefinition<Value>,
    readonly state: SliceState,
  ) {}

  get(key: string): Value | undefined {
    if (this.#overlay.has(key)) return this.#overlay.get(key);
    if (this.#pending.has(key)) return this.#pending.get(key);
    if (this.#cache.has(key)) return this.#cache.get(key);
    checkKey(this.definition.name, key);
    const value = this.#stored(key);
    this.#remember(key, value);
    return value;
  }

  /** What is committed: for readers outside the slice, at any time. */
  committedValue(key: string): Value | undefined {
    if (this.#pending.has(key)) return this.#pending.get(key);
    return this.#cache.has(key) ? this.#cache.get(key) : this.#stored(key);
  }

  /** Up to `limit` committed entries from a key on, in the order of keys: for readers outside the slice. */
  committedEntries(from: string, limit: number): (readonly [string, Value])[] {
    const range = { gte: from };
    const pending = [...this.#pending].filter(([key]) => inRange(key, range));
    const merged = new Map<string, Value | undefined>();
    for (const [key, raw] of this.#readable(() => this.state.range(this.definition.name, range))) {
      // Each pending entry hides at most one.
      if (merged.size >= limit + pending.length) break;
      merged.set(key, this.#parse(key, raw));
    }
    for (const [key, value] of pending) merged.set(key, value);
    const entries = [...merged].filter((entry): entry is [string, Value] => entry[1] !== undefined);
    return entries.sort(([a], [b]) => compareKeys(a, b)).slice(0, limit);
  }

  put(key: string, value: Value): void {
    this.#write(key, value);
  }

  delete(key: string): void {
    this.#write(key, undefined);
  }

  *range(range: KeyRange): Iterable<readonly [string, Value]> {
    checkKey(this.definition.name, range.gte ?? '');
    checkKey(this.definition.name, range.lt ?? '');
    const changed: Entries<Value> = new Map(
      [...this.#pending, ...this.#overlay].filter(([key]) => inRange(key, range)),
    );
    const keys = [...changed.keys()].sort(compareKeys);
    let next = 0;
    const before = function* (limit?: string): Iterable<readonly [string, Value]> {
      for (
        let key = keys[next];
        key !== undefined && (limit === undefined || compareKeys(key, limit) < 0);
        key = keys[++next]
      ) {
        const value = changed.get(key);
        if (value !== undefined) yield [key, value];
      }
    };
    for (const [key, raw] of this.#readable(() => this.state.range(this.definition.name, range))) {
      yield* before(key);
      if (!changed.has(key)) yield [key, this.#parse(key, raw)];
    }
    yield* before();
  }

  /** Forgets how to undo: what was written so far stays, even if a later record fails. */
  savepoint(): void {
    this.#journal.length = 0;
  }

  /** Undoes everything since the savepoint. */
  rollback(): void {
    for (const { key, had, value } of this.#journal.reverse()) {
      if (had) this.#overlay.set(key, value);
      else this.#overlay.delete(key);
    }
    this.#journal.length = 0;
  }

  /** Encodes what is uncommitted: null means deleted. @throws StreamsError VALUE_TOO_LARGE */
  uncommitted(): Map<string, Buffer | null> {
    const writes = new Map<string, Buffer | null>();
    for (const [key, value] of this.#overlay) writes.set(key, value === undefined ? null : this.#encode(key, value));
    return writes;
  }

  /** Whether all written since the savepoint can be committed. @throws StreamsError VALUE_TOO_LARGE */
  checkSizes(): void {
    for (const { key } of this.#journal) {
      const value = this.#overlay.get(key);
      if (value !== undefined) this.#encode(key, value);
    }
  }

  /** The log has the overlay: it becomes pending. The former pending writes must be in the state by now. */
  committed(): void {
    for (const [key, value] of this.#pending) this.#remember(key, value);
    this.#pending = this.#overlay;
    this.#overlay = new Map();
    this.#journal.length = 0;
  }

  #encode(key: string, value: Value): Buffer {
    const bytes = Buffer.from(JSON.stringify(value));
    if (bytes.length <= MAX_VALUE) return bytes;
    const message = `a value of ${bytes.length} bytes at ${key} of store ${this.definition.name}; the limit is ${MAX_VALUE}`;
    throw new StreamsError('VALUE_TOO_LARGE', message);
  }

  #write(key: string, value: Value | undefined): void {
    checkKey(this.definition.name, key);
    this.#journal.push({ key, had: this.#overlay.has(key), value: this.#overlay.get(key) });
    this.#overlay.set(key, value);
  }

  #remember(key: string, value: Value | undefined): void {
    this.#cache.delete(key);
    this.#cache.set(key, value);
    if (this.#cache.size > CACHE_LIMIT) this.#cache.delete(this.#cache.keys().next().value ?? '');
  }

  #stored(key: string): Value | undefined {
    const raw = this.#readable(() => this.state.get(this.definition.name, key));
    return raw && this.#parse(key, raw);
  }

  /** A state that cannot be read is not the fault of the record that asked for it. */
  #readable<Result>(read: () => Result): Result {
    try {
      return read();
    } catch (cause) {
      throw new StreamsError('STATE_UNREADABLE', `store ${this.definition.name}: ${String(cause)}`, { cause });
    }
  }

  #parse(key: string, raw: Buffer): Value {
    const result = this.definition.schema.safeParse(this.#readable(() => JSON.parse(raw.toString()) as unknown));
    if (result.success) return result.data;
    const message = `store ${this.definition.name} holds a value of another shape at ${key}: ${result.error.message}`;
    throw new StreamsError('STATE_UNREADABLE', message);
  }
}
