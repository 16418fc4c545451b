import { setImmediate } from 'node:timers/promises';
import { LogError } from '../port.js';
import { Changes } from './changes.js';
import type { LogStorage, Place, ScanRange } from './log-storage.js';

/** Numbers first, then text by code unit, like the embedded storage. */
function compare(a: Place, b: Place): number {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

class Table {
  readonly #places: Place[] = [];
  readonly #values = new Map<Place, Buffer>();

  get = (at: Place): Buffer | undefined => this.#values.get(at);

  put(at: Place, value: Buffer): void {
    if (!this.#values.has(at)) this.#places.splice(this.indexOf(at), 0, at);
    this.#values.set(at, value);
  }

  remove(at: Place): void {
    if (this.#values.delete(at)) this.#places.splice(this.indexOf(at), 1);
  }

  placeAt = (index: number): Place | undefined => this.#places[index];

  /** Index of the first place that is not before `at`; the end is tried first, for most entries are appended. */
  indexOf(at: Place): number {
    let high = this.#places.length;
    const last = this.#places[high - 1];
    if (last === undefined || compare(last, at) < 0) return high;
    let low = 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(this.#places[middle] ?? at, at) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Tables in this process's memory. A transaction resolves on a later turn of the event loop, as a real one would. */
export function openMemoryStorage(): LogStorage {
  const tables = new Map<string, Table>();
  let closed = false;
  const changes = new Changes(0, () => 0);
  const table = (name: string): Table => {
    const known = tables.get(name);
    if (known) return known;
    const created = new Table();
    tables.set(name, created);
    return created;
  };
  const transaction = async <Result>(body: () => Result): Promise<Result> => {
    if (closed) throw new LogError('LOG_UNAVAILABLE', 'the log in memory is closed');
    const result = body();
    await setImmediate();
    return result;
  };

  return {
    changes,
    get: (name, at) => tables.get(name)?.get(at),
    scan(name: string, range: ScanRange, visit) {
      const scanned = tables.get(name);
      if (!scanned) return;
      let index = range.from === undefined ? 0 : scanned.indexOf(range.from);
      for (let at = scanned.placeAt(index); at !== undefined; at = scanned.placeAt(++index)) {
        if (range.to !== undefined && compare(at, range.to) >= 0) return;
        if (!visit(at, scanned.get(at) ?? Buffer.alloc(0))) return;
      }
    },
    decided: (name, at) => tables.get(name)?.get(at),
    put: (name, at, value) => table(name).put(at, value),
    remove: (name, at) => tables.get(name)?.remove(at),
    transaction,
    decision: transaction,
    losses: 0,
    isEmpty: () => tables.size === 0,
    async close() {
      closed = true;
      changes.stop();
    },
  };
}
