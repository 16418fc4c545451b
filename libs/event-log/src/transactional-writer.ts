import { writeOffsets } from './groups/committed-offsets.js';
import { partitionForKey } from './murmur2.js';
import { type Committed, LogError, type LogWriter, type NewRecord, type Offset, type TopicPartition } from './port.js';
import { lostAhead } from './log-reader.js';
import { chunkCount, encodeChunks } from './records/chunk.js';
import { type Append, appendChunks } from './records/partition-log.js';
import { asRead } from './records/record-frame.js';
import { decidedIn } from './storage/changes.js';
import type { LogStorage } from './storage/log-storage.js';
import type { Topics } from './topics.js';

const EPOCHS = 'writers';

function readEpoch(storage: LogStorage, transactionalId: string): number {
  return storage.get(EPOCHS, transactionalId)?.readDoubleLE() ?? 0;
}

/** What a commit writes, encoded before the transaction so that this holds the write lock for a short time only. */
interface Prepared {
  readonly appends: readonly (Append & Pick<Group, 'at' | 'records'>)[];
  /** For each record the append it belongs to, and its place therein. */
  readonly places: readonly { readonly append: number; readonly index: number; readonly at: TopicPartition }[];
}

interface Group {
  readonly name: string;
  readonly number: number;
  readonly at: TopicPartition;
  readonly records: NewRecord[];
}

function prepare(topics: Topics, records: readonly NewRecord[]): Prepared {
  const groups = new Map<string, Group>();
  const places = records.map((record) => {
    const { topic } = record;
    const partition = record.partition ?? partitionForKey(record.key, topics.get(topic).partitionCount);
    const name = topics.partition({ topic, partition });
    let group = groups.get(name);
    if (!group) groups.set(name, (group = { name, number: groups.size, at: { topic, partition }, records: [] }));
    return { append: group.number, index: group.records.push(record) - 1, at: group.at };
  });
  const appends = [...groups.values()].map(({ name, at, records }) => ({
    name,
    at,
    records,
    chunks: encodeChunks(records),
    timestamps: records.map((record) => record.timestamp),
  }));
  return { appends, places };
}

/** For each append the offset of its first record. */
type Bases = readonly Offset['offset'][];

function committedAt({ places }: Prepared, bases: Bases): Committed {
  const offsets = places.map(({ append, index, at }) => ({
    topic: at.topic,
    partition: at.partition,
    offset: (bases[append] ?? 0) + index,
  }));
  return { offsets };
}

type Batch = Parameters<LogWriter['commit']>[0];

/** Writes to a log upon a storage. */
export class TransactionalWriter implements LogWriter {
  #spent: string | undefined;
  /** The storage's losses when its owner began to read what was not durable. */
  #ahead: number | undefined;

  constructor(
    private readonly storage: LogStorage,
    private readonly topics: Topics,
    private readonly transactionalId: string,
    private readonly epoch: number,
  ) {}

  async commit(batch: Batch, decided?: (committed: Committed) => void): Promise<Committed> {
    if (this.#spent) throw new LogError('WRITER_SPENT', `the writer ${this.transactionalId} ${this.#spent}`);
    try {
      return await this.#commit(batch, decided);
    } catch (error) {
      this.#spent = 'had a failed commit; open a new one';
      throw error;
    }
  }

  /** From now on its commits rely on what is read ahead of the disk. @returns the storage's losses so far */
  readsAhead(): number {
    return (this.#ahead ??= this.storage.losses);
  }

  async close(): Promise<void> {
    this.#spent ??= 'is closed';
  }

  async #commit({ records, consumed }: Batch, decided?: (committed: Committed) => void): Promise<Committed> {
    const prepared = prepare(this.topics, records);
    const { appends } = prepared;
    for (const offset of consumed?.offsets ?? []) this.topics.partition(offset);
    let isShown = false;
    /** Tells those who read ahead, once. */
    const announce = (bases: Bases): void => {
      if (isShown) return;
      isShown = true;
      appends.forEach((append, index) => this.#share(append, bases[index] ?? 0));
      this.storage.changes.announce(appends.map((append) => decidedIn(append.name)));
    };
    const show = (bases: Bases | undefined): void => {
      if (!bases) return;
      if (this.#ahead !== undefined) decided?.(committedAt(prepared, bases));
      announce(bases);
    };
    const bases = await this.storage.decision(() => {
      if (this.#ahead !== undefined && this.#ahead !== this.storage.losses) throw lostAhead();
      if (this.#spent || readEpoch(this.storage, this.transactionalId) !== this.epoch) return undefined;
      if (consumed) writeOffsets(this.storage, consumed);
      return appends.map((append) => appendChunks(this.storage, append));
    }, show);
    if (!bases) throw new LogError('FENCED', `a newer writer of ${this.transactionalId} was opened`);
    announce(bases);
    this.storage.changes.announce(appends.map((append) => append.name));
    return committedAt(prepared, bases);
  }

  /** Saves those who wait for the records in this process reading them. */
  #share({ name, at, chunks, records }: Prepared['appends'][number], base: number): void {
    if (this.topics.get(at.topic).cleanup === 'compact' || !this.storage.changes.isWatched(name)) return;
    let next = 0;
    for (const chunk of chunks) {
      const first = next;
      next += chunkCount(chunk);
      const written = records.slice(first, next);
      const shared = written.map((record, index) => asRead(record, at, base + first + index));
      this.topics.recent.add(name, base + first, shared, chunk.length);
    }
  }
}

/** Raises the id's epoch, durably: every older writer of the id fails its next commit. */
export async function openTransactionalWriter(
  storage: LogStorage,
  topics: Topics,
  transactionalId: string,
): Promise<LogWriter> {
  const epoch = await storage.transaction(() => {
    const next = readEpoch(storage, transactionalId) + 1;
    const value = Buffer.allocUnsafe(8);
    value.writeDoubleLE(next);
    storage.put(EPOCHS, transactionalId, value);
    return next;
  });
  return new TransactionalWriter(storage, topics, transactionalId, epoch);
}
