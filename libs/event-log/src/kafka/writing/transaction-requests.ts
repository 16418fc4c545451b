import type { ConsumedOffsets, GroupName, TopicPartition } from '../../port.js';
import { nested } from '../by-topic.js';
import type { KafkaConnection } from '../connection.js';
import { answerOf, isPassing } from '../protocol/failures.js';
import type { Broker } from '../protocol/kafkajs-internals.js';
import { persist } from '../protocol/persistence.js';
import type { Producer } from './outgoing.js';

/** Answers by which a coordinator says that it has done nothing: asking again, or another one, is safe. */
const NOT_DONE = new Set([
  'CONCURRENT_TRANSACTIONS',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
]);
/** Of partitions that were just made, or whose leader is being elected. */
const NOT_YET = new Set([
  ...NOT_DONE,
  'UNKNOWN_TOPIC_OR_PARTITION',
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
]);

interface Manner {
  readonly again?: ReadonlySet<string>;
  /** Ask this group's coordinator, not the transaction's. */
  readonly group?: GroupName;
}

/**
 * What a producer asks of the coordinators of its transactions and of groups. It asks again only when it was answered that
 * nothing was done. A request without an answer may still arrive later, perhaps in the next transaction, so it is never
 * repeated: the writer is spent then.
 */
export class TransactionRequests {
  readonly #producer: Producer & { readonly transactionalId: string };

  constructor(
    private readonly connection: KafkaConnection,
    transactionalId: string,
    { producerId, producerEpoch }: Producer,
  ) {
    this.#producer = { transactionalId, producerId, producerEpoch };
  }

  addOffsets(groupId: GroupName): Promise<void> {
    return this.#ask('AddOffsetsToTxn', (broker) => broker.addOffsetsToTxn({ ...this.#producer, groupId }));
  }

  addPartitions(partitions: readonly TopicPartition[]): Promise<void> {
    const topics = nested(partitions, ({ partition }) => partition);
    const add = (broker: Broker) => broker.addPartitionsToTxn({ ...this.#producer, topics });
    return this.#ask('AddPartitionsToTxn', add, { again: NOT_YET });
  }

  commitOffsets({ group, offsets }: ConsumedOffsets): Promise<void> {
    const topics = nested(offsets, ({ partition, offset }) => ({ partition, offset: String(offset), metadata: null }));
    const commit = (broker: Broker) => broker.txnOffsetCommit({ ...this.#producer, groupId: group, topics });
    return this.#ask('TxnOffsetCommit', commit, { again: NOT_YET, group });
  }

  end(transactionResult: boolean): Promise<void> {
    return this.#ask('EndTxn', (broker) => broker.endTxn({ ...this.#producer, transactionResult }));
  }

  async #ask(what: string, ask: (broker: Broker) => Promise<unknown>, manner: Manner = {}): Promise<void> {
    const { again = NOT_DONE, group } = manner;
    const { connection } = this;
    let asked = false;
    const attempt = async (): Promise<void> => {
      asked = false;
      try {
        const broker = await (group === undefined
          ? connection.coordinator('transaction', this.#producer.transactionalId)
          : connection.coordinator('group', group));
        asked = true;
        await connection.ask(broker, ask(broker), what);
      } catch (error) {
        if (answerOf(error) !== 'CONCURRENT_TRANSACTIONS') connection.forgetCoordinators();
        throw error;
      }
    };
    const retry = (error: unknown): boolean => (asked ? again.has(answerOf(error) ?? '') : isPassing(error));
    // The former transaction's markers are usually written within a few milliseconds.
    await persist(attempt, { within: connection.settings.transactionTimeout, first: 2, longest: 100, retry });
  }
}
