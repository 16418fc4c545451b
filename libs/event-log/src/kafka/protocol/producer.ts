/** Version 2 (KIP-890, Kafka 4.0): partitions need no announcement, and every transaction has an epoch of its own. */
export type TransactionVersion = 1 | 2;

/** Who writes, in the eyes of brokers. */
export interface Producer {
  readonly transactionalId: string;
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly transactionVersion: TransactionVersion;
}
