import type { EventLog, Offset, TopicPartition } from '@order-flow/event-log';
import type { Documents, ReadStore } from '@order-flow/read-store';

interface Checkpoint {
  /** `<collection>/<topic>/<partition>` */
  readonly _id: string;
  readonly collection: string;
  /** Identity of the log that the offset points into. */
  readonly identity: string;
  /** Identity of the read store whose documents have everything before the offset. */
  readonly store: string;
  /** Next offset to read. */
  readonly offset: number;
}

/** A checkpoint that points into another log, or to where this one has no records. The message names the remedy. */
export class CheckpointError extends Error {
  constructor(
    readonly code: 'FOREIGN_CHECKPOINT' | 'POSITION_BELOW_BEGIN' | 'POSITION_BEYOND_END',
    message: string,
  ) {
    super(message);
    this.name = 'CheckpointError';
  }
}

const checkpointsIn = (store: ReadStore): Documents<Checkpoint> => store.collection('projection_checkpoints');

const foreign = ({ _id, identity }: Checkpoint, logIdentity: string): CheckpointError =>
  new CheckpointError(
    'FOREIGN_CHECKPOINT',
    `checkpoint ${_id} belongs to log ${identity}, but this one is ${logIdentity}: connect the stores that belong together, or start with an empty read store`,
  );

/** Makes sure that no collection was folded from another log. @throws CheckpointError FOREIGN_CHECKPOINT */
export async function refuseForeignCheckpoints(store: ReadStore, log: EventLog): Promise<void> {
  const identity = await log.identity();
  const found = await checkpointsIn(store).findOne({ identity: { $ne: identity } });
  if (found) throw foreign(found, identity);
}

const idOf = (collection: string, { topic, partition }: TopicPartition): string =>
  `${collection}/${topic}/${partition}`;

/**
 * Where each collection has come to. May lag behind its documents: their own offsets keep anything from counting twice.
 * A checkpoint that was written when the read store was another one says nothing of this one's documents, and counts for
 * nothing: so a store that is emptied while it is in use is filled from the beginning, even when a checkpoint that was
 * under way still arrives.
 */
export class Checkpoints {
  readonly #documents: Documents<Checkpoint>;
  /** The store as it was when the positions were loaded. */
  #held: string | undefined;

  constructor(
    readonly store: ReadStore,
    readonly log: EventLog,
    readonly collection: string,
  ) {
    this.#documents = checkpointsIn(store);
  }

  /**
   * Where to read the partitions from.
   * @param lacks is told where folding begins with what is left, and not with a partition's first record
   * @throws CheckpointError
   */
  async load(
    partitions: readonly TopicPartition[],
    lacks: (from: Offset) => void = () => undefined,
  ): Promise<Offset[]> {
    const identity = await this.log.identity();
    const store = (this.#held = await this.store.identity());
    const ids = partitions.map((partition) => idOf(this.collection, partition));
    const known = new Map(
      (await this.#documents.find({ _id: { $in: ids }, store }).toArray()).map((found) => [found._id, found]),
    );
    const topics = [...new Set(partitions.map(({ topic }) => topic))];
    const infos = new Map(
      await Promise.all(topics.map(async (topic) => [topic, await this.log.admin.partitions(topic)] as const)),
    );
    return partitions.map((partition) => {
      const info = infos.get(partition.topic)?.find((found) => found.partition === partition.partition);
      const checkpoint = known.get(idOf(this.collection, partition));
      if (checkpoint) this.#check(checkpoint, identity, info);
      const from = { ...partition, offset: checkpoint?.offset ?? info?.begin ?? 0 };
      if (!checkpoint && from.offset > 0) lacks(from);
      return from;
    });
  }

  /** What stands there, of all partitions, unchecked. */
  async saved(): Promise<Offset[]> {
    const { collection } = this;
    const found = await this.#documents.find({ collection, store: await this.store.identity() }).toArray();
    return found.map(({ _id, offset }) => {
      const [topic = '', partition] = _id.slice(collection.length + 1).split('/');
      return { topic, partition: Number(partition), offset };
    });
  }

  async save(positions: readonly Offset[]): Promise<void> {
    if (positions.length === 0) return;
    const identity = await this.log.identity();
    const store = (this.#held ??= await this.store.identity());
    const { collection } = this;
    const operations = positions.map((position) => {
      const _id = idOf(collection, position);
      const replacement = { collection, identity, store, offset: position.offset };
      return { replaceOne: { filter: { _id }, replacement, upsert: true } };
    });
    await this.#documents.bulkWrite(operations, { ordered: false });
  }

  async drop(): Promise<void> {
    await this.#documents.deleteMany({ collection: this.collection });
  }

  #check(checkpoint: Checkpoint, logIdentity: string, { begin, end } = { begin: 0, end: 0 }): void {
    const { _id, identity, offset } = checkpoint;
    if (identity !== logIdentity) throw foreign(checkpoint, logIdentity);
    if (offset < begin) {
      const message = `checkpoint ${_id} stands at ${offset}, but the log begins at ${begin}: records that were not folded yet were deleted; restore them, or rebuild the projection from what is left, with --allow-incomplete`;
      throw new CheckpointError('POSITION_BELOW_BEGIN', message);
    }
    if (offset > end) {
      const message = `checkpoint ${_id} stands at ${offset}, but the log ends at ${end}: the log was truncated or restored from an old backup; restore it, or rebuild the projection`;
      throw new CheckpointError('POSITION_BEYOND_END', message);
    }
  }
}
