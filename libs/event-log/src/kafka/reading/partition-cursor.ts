import { LogError, type LogRecord, type Offset, type RecordBatch, type TopicPartition } from '../../port.js';
import type { FetchedPartition } from '../protocol/fetch-request.js';
import { BatchDecoder, type EncodedBatch, splitBatches } from '../records/decode-batch.js';

/** Batches of one answer, with the aborted transactions among them. */
interface FetchedSet {
  readonly batches: EncodedBatch[];
  /** By first offset. */
  readonly aborted: { readonly producerId: bigint; readonly firstOffset: number }[];
  /** Producers whose transaction at this point is an aborted one. */
  readonly aborting: Set<bigint>;
}

/** A control record's key is two 16-bit numbers: version and type, of which 0 is "aborted". */
function isAbort(batch: EncodedBatch, at: TopicPartition): boolean {
  const key = new BatchDecoder(batch, at).next()?.key;
  return key?.charCodeAt(3) === 0;
}

/** One partition as a reader goes through it: what was fetched and not handed out yet, and the position. */
export class PartitionCursor {
  readonly topic: string;
  readonly partition: number;
  /** The next offset to hand out. */
  position: number;
  /** The next offset to fetch. */
  fetchOffset: number;
  /** Encoded bytes that wait to be handed out. */
  bytes = 0;
  /** Whether an answer is being waited for. */
  fetching = false;
  #end: number;
  readonly #sets: FetchedSet[] = [];
  #decoder: BatchDecoder | undefined;

  /** @param stop nothing from this offset on is handed out */
  constructor(
    { topic, partition, offset }: Offset,
    readonly stop: number,
    end: number,
  ) {
    this.topic = topic;
    this.partition = partition;
    this.position = offset;
    this.fetchOffset = offset;
    this.#end = end;
  }

  get isDone(): boolean {
    return this.position >= this.stop;
  }

  get hasBatches(): boolean {
    return this.#decoder !== undefined || this.#sets.length > 0;
  }

  /** Takes what was fetched at `fetchOffset`. Whether there was anything. @throws LogError LOG_CORRUPT */
  accept({ recordSet, aborted, end }: FetchedPartition): boolean {
    this.#end = Math.max(this.#end, end);
    const batches = splitBatches(recordSet, this).filter((batch) => batch.lastOffset >= this.fetchOffset);
    const last = batches.at(-1);
    if (!last) return false;
    for (const batch of batches) this.bytes += batch.bytes.length;
    const byOffset = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
    this.#sets.push({ batches, aborted: byOffset, aborting: new Set() });
    this.fetchOffset = last.lastOffset + 1;
    return true;
  }

  /** The next records, and the position after them; undefined when nothing is to be told. */
  take(maxRecords: number): RecordBatch | undefined {
    const before = this.position;
    const records: LogRecord[] = [];
    while (this.#advance(records, maxRecords));
    if (records.length === 0 && this.position === before) return undefined;
    const { topic, partition } = this;
    return { topic, partition, records, nextOffset: this.position, endOffset: Math.max(this.#end, this.position) };
  }

  /** One step: a record, or the passage to the next batch. Whether another step may follow. */
  #advance(records: LogRecord[], maxRecords: number): boolean {
    const decoder = this.#decoder;
    if (!decoder) return this.#enterNext();
    if (records.length >= maxRecords && decoder.hasMore) return false;
    const record = decoder.next();
    if (!record) {
      this.#decoder = undefined;
      this.#leave(decoder.batch);
    } else if (record.offset >= this.position) {
      records.push(record);
      this.position = record.offset + 1;
    }
    return true;
  }

  /** Goes to the next batch, and past it when it holds nothing to hand out. Whether there was one. */
  #enterNext(): boolean {
    const [set] = this.#sets;
    const batch = set?.batches.shift();
    if (!set || !batch) return false;
    if (set.batches.length === 0) this.#sets.shift();
    if (batch.baseOffset >= this.stop) this.#finish();
    else if (this.#isHidden(batch, set)) this.#leave(batch);
    else this.#decoder = new BatchDecoder(batch, this);
    return true;
  }

  #leave(batch: EncodedBatch): void {
    this.bytes -= batch.bytes.length;
    this.position = Math.max(this.position, batch.lastOffset + 1);
  }

  #finish(): void {
    this.#sets.length = 0;
    this.bytes = 0;
    this.position = this.stop;
  }

  /** Control batches and those of aborted transactions, in the order in which Kafka's Java consumer decides it. */
  #isHidden(batch: EncodedBatch, { aborted, aborting }: FetchedSet): boolean {
    for (let [first] = aborted; first && first.firstOffset <= batch.lastOffset; [first] = aborted) {
      aborting.add(first.producerId);
      aborted.shift();
    }
    if (batch.control) {
      if (isAbort(batch, this)) aborting.delete(batch.producerId);
      return true;
    }
    return batch.transactional && aborting.has(batch.producerId);
  }
}

export function outOfRange({ topic, partition, offset }: Offset, begin: number, end: number): LogError {
  const message = `${topic}-${partition} holds the offsets ${begin} to ${end}, not ${offset}`;
  return new LogError('OFFSET_OUT_OF_RANGE', message);
}
