/** Raw values by store and key; null deletes. */
export type StateWrites = ReadonlyMap<string, ReadonlyMap<string, Buffer | null>>;

/** What a slice's local state says of itself. */
export interface StateMeta {
  /** Identity of the log whose changelogs it was made from. */
  readonly identity: string;
  /** Next offset to apply, by changelog topic. */
  readonly offsets: Readonly<Record<string, number>>;
  /** Milliseconds since the epoch. */
  readonly lastOwnedAt: number;
}

export interface KeyRange {
  /** Inclusive. */
  readonly gte?: string;
  /** Exclusive. */
  readonly lt?: string;
}

/** One slice's local state: a cache of its changelogs that survives restarts. Ordered by the UTF-8 bytes of the key. */
export interface SliceState {
  meta(): StateMeta | undefined;
  get(store: string, key: string): Buffer | undefined;
  range(store: string, range: KeyRange): Iterable<readonly [key: string, value: Buffer]>;
  /** One transaction. Visible to `get` when it resolves. */
  commit(writes: StateWrites, meta: StateMeta): Promise<void>;
  wipe(): Promise<void>;
}

export interface StateBackend {
  slice(topology: string, slice: number): SliceState;
  close(): Promise<void>;
}

/** Surrogates stand for code points above all other code units, and so come after them. */
const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);

/** The order of the keys' UTF-8 bytes, which is that of code points (JavaScript's own is that of UTF-16 units). */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = rank(a.charCodeAt(index)) - rank(b.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export const inRange = (key: string, { gte, lt }: KeyRange): boolean =>
  (gte === undefined || compareKeys(key, gte) >= 0) && (lt === undefined || compareKeys(key, lt) < 0);

/** In memory: for tests, and for the memory backend. */
export function memoryState(): StateBackend {
  const slices = new Map<string, SliceState>();
  return {
    slice(topology, slice) {
      const id = `${topology}/${slice}`;
      const existing = slices.get(id) ?? memorySlice();
      slices.set(id, existing);
      return existing;
    },
    close: () => Promise.resolve(),
  };
}

function memorySlice(): SliceState {
  const stores = new Map<string, Map<string, Buffer>>();
  let meta: StateMeta | undefined;
  return {
    meta: () => meta,
    get: (store, key) => stores.get(store)?.get(key),
    range: (store, range) =>
      [...(stores.get(store) ?? [])].filter(([key]) => inRange(key, range)).sort(([a], [b]) => compareKeys(a, b)),
    commit(writes, next) {
      for (const [store, entries] of writes) {
        const values = stores.get(store) ?? new Map<string, Buffer>();
        stores.set(store, values);
        for (const [key, value] of entries) {
          if (value) values.set(key, value);
          else values.delete(key);
        }
      }
      meta = next;
      return Promise.resolve();
    },
    wipe() {
      stores.clear();
      meta = undefined;
      return Promise.resolve();
    },
  };
}
