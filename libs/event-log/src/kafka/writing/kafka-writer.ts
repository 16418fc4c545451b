import { partitionForKey } from '../../murmur2.js';
import { type Committed, type ConsumedOffsets, LogError, type LogWriter, type NewRecord } from '../../port.js';
import { KafkaConnection } from '../connection.js';
import { answerOf, isUnanswered, logErrorOf } from '../protocol/failures.js';
import { featuresRequest } from '../protocol/features-request.js';
import type { Broker } from '../protocol/kafkajs-internals.js';
import { persist } from '../protocol/persistence.js';
import type { Producer, TransactionVersion } from '../protocol/producer.js';
import type { ResolvedKafkaSettings } from '../settings.js';
import { offsetOf, type Outgoing, Sequences, sortOut } from './outgoing.js';
import { Shipping } from './shipping.js';
import { TransactionRequests } from './transaction-requests.js';

/** Milliseconds after a commit in which its markers may not be written yet; a broker's own wait for them is as long. */
const MARKERS_WITHIN = 20;

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
  #sequences: Sequences;
  #requests: TransactionRequests;
  /** A time of `performance.now()`. */
  #endedAt = 0;
  #spent: string | undefined;

  constructor(
    private readonly connection: KafkaConnection,
    private producer: Producer,
  ) {
    this.#sequences = new Sequences(producer);
    this.#requests = new TransactionRequests(connection, producer);
  }

  async commit(batch: Batch): Promise<Committed> {
    const { transactionalId } = this.producer;
    if (this.#spent) throw new LogError('WRITER_SPENT', `the writer ${transactionalId} ${this.#spent}`);
    try {
      return await this.#commit(batch);
    } catch (error) {
      this.#spent = 'had a failed commit; open a new one';
      await this.connection.close();
      throw logErrorOf(error, `the commit of ${transactionalId}`);
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
    const shipping = new Shipping(this.connection, this.#sequences, outgoing);
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
    if (this.#mustAnnounce()) {
      // Both go to one broker over one connection: asked together, they cost one round trip.
      await both(
        consumed ? this.#requests.addOffsets(consumed.group) : Promise.resolve(),
        outgoing.length > 0 ? this.#requests.addPartitions(outgoing) : Promise.resolve(),
      );
    }
    const shipped = await both(
      consumed ? this.#requests.commitOffsets(consumed) : Promise.resolve(),
      shipping.run(this.connection.settings.transactionTimeout),
    );
    this.#continueAs(await this.#requests.end(true));
    this.#endedAt = performance.now();
    return shipped;
  }

  /**
   * Version 2 needs no announcement, but a partition that is added while the markers of the former transaction are being
   * written, or while another broker adds one, keeps its leader waiting far longer than an announcement takes.
   */
  #mustAnnounce(): boolean {
    if (this.producer.transactionVersion === 1 || this.connection.nodes().length > 1) return true;
    return performance.now() - this.#endedAt < MARKERS_WITHIN;
  }

  /** Of a new epoch, leaders expect numbers that begin again; whatever was of the former one they refuse. */
  #continueAs(next: Producer): void {
    if (next === this.producer) return;
    this.producer = next;
    this.#sequences = new Sequences(next);
    this.#requests = new TransactionRequests(this.connection, next);
  }

  #partitionOf(record: NewRecord): number {
    const { topic, key } = record;
    const partition = record.partition ?? partitionForKey(key, this.connection.partitionCount(topic) || 1);
    this.connection.leaderOf({ topic, partition });
    return partition;
  }
}

/** What the cluster has agreed on. */
async function transactionVersionOf(connection: KafkaConnection, broker: Broker): Promise<TransactionVersion> {
  const features = await connection.send(broker, featuresRequest());
  return (features.get('transaction.version') ?? 0) >= 2 ? 2 : 1;
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
        const initialising = broker.initProducerId({ transactionalId, transactionTimeout });
        const { producerId, producerEpoch } = await connection.ask(broker, initialising, 'InitProducerId');
        const transactionVersion = await transactionVersionOf(connection, broker);
        return { transactionalId, producerId, producerEpoch, transactionVersion };
      } catch (error) {
        if (answerOf(error) !== 'CONCURRENT_TRANSACTIONS') connection.forgetCoordinators();
        throw error;
      }
    };
    const producer = await persist(attempt, { within: patience, first: 5, longest: 200 });
    return new KafkaWriter(connection, producer);
  } catch (error) {
    await connection.close();
    throw logErrorOf(error, `opening the writer ${transactionalId}`);
  }
}
