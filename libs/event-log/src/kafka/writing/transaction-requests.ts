import type { ConsumedOffsets, GroupName, TopicPartition } from '../../port.js';
import { nested } from '../by-topic.js';
import type { KafkaConnection } from '../connection.js';
import { answerOf, isPassing } from '../protocol/failures.js';
import { endTxnRequest } from '../protocol/end-txn-request.js';
import type { Broker } from '../protocol/kafkajs-internals.js';
import { persist } from '../protocol/persistence.js';
import type { Producer } from '../protocol/producer.js';
import { txnOffsetCommitRequest } from '../protocol/txn-offset-commit-request.js';

/** Milliseconds between questions whether the former transaction's markers are written: it usually takes a few. */
export const MARKERS = { first: 2, longest: 100 };

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
  constructor(
    private readonly connection: KafkaConnection,
    private readonly producer: Producer,
  ) {}

  async addOffsets(groupId: GroupName): Promise<void> {
    await this.#ask('AddOffsetsToTxn', (broker) => broker.addOffsetsToTxn({ ...this.producer, groupId }));
  }

  async addPartitions(partitions: readonly TopicPartition[]): Promise<void> {
    const topics = nested(partitions, ({ partition }) => partition);
    const add = (broker: Broker) => broker.addPartitionsToTxn({ ...this.producer, topics });
    await this.#ask('AddPartitionsToTxn', add, { again: NOT_YET });
  }

  async commitOffsets(consumed: ConsumedOffsets): Promise<void> {
    const { group, offsets } = consumed;
    const commit = (broker: Broker): Promise<unknown> => {
      if (this.producer.transactionVersion === 2)
        return broker.connectionPool.send(txnOffsetCommitRequest(this.producer, consumed));
      const topics = nested(offsets, ({ partition, offset }) => ({
        partition,
        offset: String(offset),
        metadata: null,
      }));
      return broker.txnOffsetCommit({ ...this.producer, groupId: group, topics });
    };
    await this.#ask('TxnOffsetCommit', commit, { again: NOT_YET, group });
  }

  /** @returns who writes the next transaction */
  end(commit: boolean): Promise<Producer> {
    return this.#ask('EndTxn', async (broker) => {
      if (this.producer.transactionVersion === 2)
        return broker.connectionPool.send(endTxnRequest(this.producer, commit));
      await broker.endTxn({ ...this.producer, transactionResult: commit });
      return this.producer;
    });
  }

  async #ask<T>(what: string, ask: (broker: Broker) => Promise<T>, manner: Manner = {}): Promise<T> {
    const { again = NOT_DONE, group } = manner;
    const { connection } = this;
    let asked = false;
    const attempt = async (): Promise<T> => {
      asked = false;
      try {
        const broker = await (group === undefined
          ? connection.coordinator('transaction', this.producer.transactionalId)
          : connection.coordinator('group', group));
        asked = true;
        return await connection.ask(broker, ask(broker), what);
      } catch (error) {
        if (answerOf(error) !== 'CONCURRENT_TRANSACTIONS') connection.forgetCoordinators();
        throw error;
      }
    };
    const retry = (error: unknown): boolean => (asked ? again.has(answerOf(error) ?? '') : isPassing(error));
    return persist(attempt, { within: connection.settings.transactionTimeout, ...MARKERS, retry });
  }
}
