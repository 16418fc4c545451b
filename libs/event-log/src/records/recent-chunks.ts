import type { LogRecord } from '../port.js';

/** Bytes of chunks whose records are kept decoded. */
const LIMIT = 4 * 1024 * 1024;

interface Decoded {
  readonly records: readonly LogRecord[];
  readonly bytes: number;
}

/**
 * Records of the chunks read last, shared by all readers of this process: several groups tail the same topic, and each
 * record is decoded once. Records are immutable, and so is a chunk of a topic that is not compacted.
 */
export class RecentChunks {
  readonly #decoded = new Map<string, Decoded>();
  #bytes = 0;

  /** The records of the chunk that ends at offset `last` of a partition. */
  records(name: string, last: number, bytes: number, decode: () => readonly LogRecord[]): readonly LogRecord[] {
    const key = `${name}/${last}`;
    const known = this.#decoded.get(key);
    if (known) return known.records;
    const records = decode();
    this.#decoded.set(key, { records, bytes });
    this.#bytes += bytes;
    this.#shrink();
    return records;
  }

  #shrink(): void {
    for (const [key, { bytes }] of this.#decoded) {
      if (this.#bytes <= LIMIT) return;
      this.#decoded.delete(key);
      this.#bytes -= bytes;
    }
  }
}
