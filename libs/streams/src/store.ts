import { type Fits, fitting, type Parser, parserOf } from '@order-flow/contracts';
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

/** Stands for a key that was deleted, or is known not to be there. */
const GONE = Symbol('gone');
type Entry<Value> = Value | typeof GONE;
type Entries<Value> = Map<string, Entry<Value>>;

const present = <Value>(entry: Entry<Value>): Value | undefined => (entry === GONE ? undefined : entry);

/** Entries per store and slice that are kept parsed, unless it is said otherwise. */
const CACHE_ENTRIES = 500;
/** Bytes; the local state takes no longer ones. */
const MAX_KEY = 1_500;
/** Bytes; with its key it must fit a record of the changelog. */
const MAX_VALUE = 1_000_000;

const NOTHING = new Map<string, never>();

/** Undefined for what JSON has no text for, functions among it. */
const textOf = (value: unknown): string | undefined => JSON.stringify(value);

function checkKey(store: string, key: string): void {
  if (key.length * 3 <= MAX_KEY || Buffer.byteLength(key) <= MAX_KEY) return;
  throw new RangeError(`a key of store ${store} has ${Buffer.byteLength(key)} bytes; the limit is ${MAX_KEY}`);
}

/**
 * A store with uncommitted writes on top of a slice's state: `overlay` (since the last commit began) over `underWay` (in
 * commits under way, the newest last) over `pending` (committed to the log, on its way to the local state) over a bounded cache over the
 * state itself.
 */
export class SliceStore<Value> implements KeyValueStore<Value> {
  #overlay: Entries<Value> = new Map();
  readonly #underWay: ReadonlyMap<string, Entry<Value>>[] = [];
  #pending: Entries<Value> = new Map();
  /** What the overlay had before each write since the savepoint; undefined where it had nothing. */
  #journal: { key: string; before: Entry<Value> | undefined }[] = [];
  readonly #cache: Entries<Value> = new Map();
  readonly #fitted: Parser<Value>;
  /** Whether a value will be read as it is. */
  readonly #fits: Fits;

  constructor(
    readonly definition: StoreDefinition<Value>,
    readonly state: SliceState,
    readonly cacheEntries = CACHE_ENTRIES,
  ) {
    this.#fitted = parserOf(definition.schema);
    this.#fits = fitting(definition.schema) ?? (() => false);
  }

  get(key: string): Value | undefined {
    let known = this.#overlay.get(key);
    for (let at = this.#underWay.length - 1; known === undefined && at >= 0; at--) known = this.#underWay[at]?.get(key);
    if (known === undefined) known = this.#pending.get(key);
    if (known === undefined) known = this.#cache.get(key);
    if (known !== undefined) return present(known);
    checkKey(this.definition.name, key);
    const value = this.#stored(key);
    this.#remember(key, value);
    return present(value);
  }

  /** What is committed: for readers outside the slice, at any time. */
  committedValue(key: string): Value | undefined {
    let known = this.#pending.get(key);
    if (known === undefined) known = this.#cache.get(key);
    return present(known === undefined ? this.#stored(key) : known);
  }

  /** Up to `limit` committed entries from a key on, in the order of keys: for readers outside the slice. */
  committedEntries(from: string, limit: number): (readonly [string, Value])[] {
    const range = { gte: from };
    const pending = [...this.#pending].filter(([key]) => inRange(key, range));
    const merged: Entries<Value> = new Map();
    for (const [key, raw] of this.#readable(() => this.state.range(this.definition.name, range))) {
      // Each pending entry hides at most one.
      if (merged.size >= limit + pending.length) break;
      merged.set(key, this.#parse(key, raw));
    }
    for (const [key, value] of pending) merged.set(key, value);
    const entries = [...merged].filter((entry): entry is [string, Value] => entry[1] !== GONE);
    return entries.sort(([a], [b]) => compareKeys(a, b)).slice(0, limit);
  }

  put(key: string, value: Value): void {
    this.#write(key, value);
  }

  delete(key: string): void {
    this.#write(key, GONE);
  }

  *range(range: KeyRange): Iterable<readonly [string, Value]> {
    checkKey(this.definition.name, range.gte ?? '');
    checkKey(this.definition.name, range.lt ?? '');
    const changed: Entries<Value> = new Map(
      [...this.#pending, ...this.#underWay.flatMap((entries) => [...entries]), ...this.#overlay].filter(([key]) =>
        inRange(key, range),
      ),
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
        if (value !== undefined && value !== GONE) yield [key, value];
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
    for (const { key, before } of this.#journal.reverse()) {
      if (before === undefined) this.#overlay.delete(key);
      else this.#overlay.set(key, before);
    }
    this.#journal.length = 0;
  }

  /** Whether something is in no commit yet. */
  get changed(): boolean {
    return this.#overlay.size > 0;
  }

  /** Hands over to a commit, encoded, what is in none yet: null means deleted. @throws StreamsError VALUE_TOO_LARGE, VALUE_MISFIT */
  toCommit(): ReadonlyMap<string, Buffer | null> {
    this.#journal.length = 0;
    if (this.#overlay.size === 0) {
      this.#underWay.push(NOTHING);
      return NOTHING;
    }
    const writes = new Map<string, Buffer | null>();
    for (const [key, value] of this.#overlay) writes.set(key, value === GONE ? null : this.#encode(key, value));
    this.#underWay.push(this.#overlay);
    this.#overlay = new Map();
    return writes;
  }

  /** Whether all written since the savepoint can be committed. @throws StreamsError VALUE_TOO_LARGE, VALUE_MISFIT */
  checkValues(): void {
    for (const { key } of this.#journal) {
      const value = this.#overlay.get(key);
      if (value !== undefined && value !== GONE) this.#encode(key, value);
    }
  }

  /** The log has what was handed over first: it becomes pending. */
  committed(): void {
    const entries = this.#underWay.shift();
    if (!entries || entries.size === 0) return;
    for (const [key, value] of entries) this.#pending.set(key, value);
  }

  /** The state has what was pending. */
  written(): void {
    for (const [key, value] of this.#pending) this.#remember(key, value);
    this.#pending = new Map();
  }

  #encode(key: string, value: Value): Buffer {
    const { name } = this.definition;
    const bytes = this.#json(key, value);
    if (bytes.length > MAX_VALUE) {
      const message = `a value of ${bytes.length} bytes at ${key} of store ${name}; the limit is ${MAX_VALUE}`;
      throw new StreamsError('VALUE_TOO_LARGE', message);
    }
    // Once it is stored, it would stop every record that needs it, whoever wrote it. It is looked at as it will be read,
    // where the value itself does not plainly fit: a date is read as text.
    if (this.#fits(value)) return bytes;
    const read = this.#fitted(JSON.parse(bytes.toString()));
    if (read.success) return bytes;
    const message = `a value that does not fit its schema at ${key} of store ${name}: ${read.error.message}`;
    throw new StreamsError('VALUE_MISFIT', message);
  }

  #json(key: string, value: Value): Buffer {
    const misfit = (why: string, options?: ErrorOptions): StreamsError =>
      new StreamsError('VALUE_MISFIT', `a value at ${key} of store ${this.definition.name} ${why}`, options);
    try {
      const text = textOf(value);
      if (text !== undefined) return Buffer.from(text);
    } catch (cause) {
      throw misfit(`is no JSON: ${String(cause)}`, { cause });
    }
    throw misfit(`is no JSON but ${typeof value}`);
  }

  #write(key: string, value: Entry<Value>): void {
    checkKey(this.definition.name, key);
    this.#journal.push({ key, before: this.#overlay.get(key) });
    this.#overlay.set(key, value);
  }

  /** Keys that are known already keep their turn to be forgotten. */
  #remember(key: string, value: Entry<Value>): void {
    this.#cache.set(key, value);
    if (this.#cache.size > this.cacheEntries) this.#cache.delete(this.#cache.keys().next().value ?? '');
  }

  #stored(key: string): Entry<Value> {
    const raw = this.#readable(() => this.state.get(this.definition.name, key));
    return raw ? this.#parse(key, raw) : GONE;
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
    const result = this.#fitted(this.#readable(() => JSON.parse(raw.toString()) as unknown));
    if (result.success) return result.data;
    const message = `store ${this.definition.name} holds a value of another shape at ${key}: ${result.error.message}`;
    throw new StreamsError('STATE_UNREADABLE', message);
  }
}
