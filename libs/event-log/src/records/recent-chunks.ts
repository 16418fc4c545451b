import type { LogRecord } from '../port.js';

/** Chunks that are kept at most, and their bytes. Those that wait for a record take it soon, or read it from the log. */
const CHUNKS = 512;
const BYTES = 1024 * 1024;

/** A chunk's records. */
interface RecentChunk {
  readonly name: string;
  /** Offset of the first record. */
  readonly base: number;
  readonly records: readonly LogRecord[];
  readonly bytes: number;
}

/**
 * Records of the chunks written and read last, shared by all readers of this process: several groups tail the same
 * topic, each record is decoded at most once, and what this process wrote itself is not even looked for. Records are
 * immutable, and so is a chunk of a topic that is not compacted.
 *
 * A ring, for V8 keeps what went through a map for a short time until its next major collection: a map's former tables,
 * which are old, refer to the later ones.
 */
export class RecentChunks {
  readonly #ring: (RecentChunk | undefined)[] = new Array<undefined>(CHUNKS).fill(undefined);
  /** The ring's chunks by partition, the oldest first. */
  readonly #partitions = new Map<string, RecentChunk[]>();
  readonly #losses: () => number;
  #lost = 0;
  #next = 0;
  #oldest = 0;
  #bytes = 0;

  /** @param losses a number that grows when chunks were added that did not become durable */
  constructor(losses: () => number) {
    this.#losses = losses;
  }

  /** A partition's chunk that begins at an offset. */
  get(name: string, base: number): RecentChunk | undefined {
    if (this.#losses() !== this.#lost) this.#forgetAll();
    return this.#partitions.get(name)?.findLast((chunk) => chunk.base === base);
  }

  /** @param bytes of the chunk */
  add(name: string, base: number, records: readonly LogRecord[], bytes: number): void {
    if (this.get(name, base)) return;
    const chunks = this.#partitions.get(name) ?? [];
    this.#partitions.set(name, chunks);
    const chunk = { name, base, records, bytes };
    chunks.push(chunk);
    this.#forget(this.#next);
    this.#ring[this.#next] = chunk;
    this.#next = (this.#next + 1) % CHUNKS;
    this.#bytes += bytes;
    while (this.#bytes > BYTES) this.#forget(this.#oldest);
  }

  #forgetAll(): void {
    this.#lost = this.#losses();
    for (let place = 0; place < CHUNKS; place++) this.#forget(place);
  }

  #forget(place: number): void {
    const chunk = this.#ring[place];
    if (!chunk) return;
    this.#ring[place] = undefined;
    this.#oldest = (place + 1) % CHUNKS;
    this.#bytes -= chunk.bytes;
    this.#partitions.get(chunk.name)?.shift();
  }
}
