import { partitionForKey } from '../../murmur2.js';
import { type Committed, type ConsumedOffsets, LogError, type LogWriter, type NewRecord } from '../../port.js';
import { KafkaConnection } from '../connection.js';
import { answerOf, isUnanswered, logErrorOf } from '../protocol/failures.js';
import { persist } from '../protocol/persistence.js';
import type { ResolvedKafkaSettings } from '../settings.js';
import { offsetOf, type Outgoing, type Producer, Sequences, sortOut } from './outgoing.js';
import { Shipping } from './shipping.js';
import { TransactionRequests } from './transaction-requests.js';

interface Batch {
  readonly records: readonly NewRecord[];
  readonly consumed?: ConsumedOffsets;
}

/**
 * Waits for both, so that nothing is under way when a failure is thrown; of two, the one that was not answered, for what it
 * asked may still be done.
 * @returns the second one's result
 */
async function both<Result>(one: Promise<void>, other: Promise<Result>): Promise<Result> {
  const outcomes = await Promise.allSettled([one, other]);
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  if (failures.length > 0) throw failures.find(isUnanswered) ?? failures[0];
  return other;
}

/** One producer of transactions, from its initialisation to its first failure. */
class KafkaWriter implements LogWriter {
  readonly #sequences: Sequences;
  readonly #requests: TransactionRequests;
  #spent: string | undefined;

  constructor(
    private readonly connection: KafkaConnection,
    private readonly transactionalId: string,
    producer: Producer,
  ) {
    this.#sequences = new Sequences(producer);
    this.#requests = new TransactionRequests(connection, transactionalId, producer);
  }

  async commit(batch: Batch): Promise<Committed> {
    if (this.#spent) throw new LogError('WRITER_SPENT', `the writer ${this.transactionalId} ${this.#spent}`);
    try {
      return await this.#commit(batch);
    } catch (error) {
      this.#spent = 'had a failed commit; open a new one';
      await this.connection.close();
      throw logErrorOf(error, `the commit of ${this.transactionalId}`);
    }
  }

  async close(): Promise<void> {
    if (this.#spent) return;
    this.#spent = 'is closed';
    await this.connection.close();
  }

  async #commit({ records, consumed }: Batch): Promise<Committed> {
    const positions = consumed?.offsets ?? [];
    await this.connection.know(new Set([...records, ...positions].map(({ topic }) => topic)));
    for (const position of positions) this.connection.leaderOf(position);
    const { outgoing, places } = sortOut(records, (record) => this.#partitionOf(record));
    if (outgoing.length === 0 && positions.length === 0) return { offsets: [] };
    const shipping = new Shipping(this.connection, this.transactionalId, this.#sequences, outgoing);
    try {
      const bases = await this.#transact(shipping, outgoing, positions.length > 0 ? consumed : undefined);
      return { offsets: places.map((place) => offsetOf(place, outgoing, bases)) };
    } catch (error) {
      // Readers wait behind an open transaction: end it now if it is still ours, not after its time-out. But not while a
      // batch may still be under way, for it would begin another one that nobody ends.
      const mine = !shipping.uncertain && !isUnanswered(error) && logErrorOf(error, '').code !== 'FENCED';
      if (mine) await this.#requests.end(false).catch(() => undefined);
      throw error;
    }
  }

  async #transact(shipping: Shipping, outgoing: readonly Outgoing[], consumed?: ConsumedOffsets) {
    // Both go to one broker over one connection: asked together, they cost one round trip.
    await both(
      consumed ? this.#requests.addOffsets(consumed.group) : Promise.resolve(),
      outgoing.length > 0 ? this.#requests.addPartitions(outgoing) : Promise.resolve(),
    );
    const shipped = await both(
      consumed ? this.#requests.commitOffsets(consumed) : Promise.resolve(),
      shipping.run(this.connection.settings.transactionTimeout),
    );
    await this.#requests.end(true);
    return shipped;
  }

  #partitionOf(record: NewRecord): number {
    const { topic, key } = record;
    const partition = record.partition ?? partitionForKey(key, this.connection.partitionCount(topic) || 1);
    this.connection.leaderOf({ topic, partition });
    return partition;
  }
}

/**
 * Initialises a producer: the coordinator ends what an older one of the id had open, and refuses the older one from then on.
 * @throws LogError LOG_UNAVAILABLE, LOG_REFUSED
 */
export async function openKafkaWriter(settings: ResolvedKafkaSettings, transactionalId: string): Promise<LogWriter> {
  const connection = new KafkaConnection(settings);
  const { patience, transactionTimeout } = settings;
  try {
    await connection.open();
    const attempt = async (): Promise<Producer> => {
      try {
        const broker = await connection.coordinator('transaction', transactionalId);
        return await connection.ask(
          broker,
          broker.initProducerId({ transactionalId, transactionTimeout }),
          'InitProducerId',
        );
      } catch (error) {
        if (answerOf(error) !== 'CONCURRENT_TRANSACTIONS') connection.forgetCoordinators();
        throw error;
      }
    };
    const producer = await persist(attempt, { within: patience, first: 5, longest: 200 });
    return new KafkaWriter(connection, transactionalId, producer);
  } catch (error) {
    await connection.close();
    throw logErrorOf(error, `opening the writer ${transactionalId}`);
  }
}
