import { createRequire } from 'node:module';
import type {
  Broker,
  Cluster,
  ClusterMetadata,
  ClusterOptions,
  Decoder,
  Encoder,
  Payload,
  ProtocolRequest,
} from './kafkajs-types.js';

export type * from './kafkajs-types.js';

/*
 * The one place that reaches below kafkajs' public interface, to its connections and protocol coding (see
 * docs/adr/0011-kafka-through-kafkajs.md). What is used of it is named by the types in kafkajs-types.ts; the version is checked, because a
 * patch release may change any of it.
 */

const VERSION = '2.2.4';
const load = createRequire(import.meta.url);

interface QueueInternals {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
}

type Requests = Readonly<Record<'Metadata' | 'JoinGroup', unknown>>;

const { version } = load('kafkajs/package.json') as { version: string };
if (version !== VERSION)
  throw new Error(`kafkajs ${version} is installed; this code knows the internals of ${VERSION}`);

const ClusterClass = load('kafkajs/src/cluster') as new (options: object) => Cluster;
const { createLogger, LEVELS } = load('kafkajs/src/loggers') as {
  createLogger: (options: object) => object;
  LEVELS: { readonly NOTHING: number };
};
const socketFactory = load('kafkajs/src/network/socketFactory') as () => object;
const RequestQueue = load('kafkajs/src/network/requestQueue') as {
  prototype: { scheduleCheckPendingRequests: (this: QueueInternals) => void };
};

/** Empty binary writers and readers of the protocol. */
export const EncoderClass = load('kafkajs/src/protocol/encoder') as new () => Encoder & Payload;
export const DecoderClass = load('kafkajs/src/protocol/decoder') as new (raw: Buffer) => Decoder;
export const { requests } = load('kafkajs/src/protocol/requests') as { requests: Requests };
export const API_KEYS = load('kafkajs/src/protocol/requests/apiKeys') as Readonly<
  Record<
    | 'Produce'
    | 'Fetch'
    | 'Metadata'
    | 'OffsetFetch'
    | 'JoinGroup'
    | 'ApiVersions'
    | 'EndTxn'
    | 'TxnOffsetCommit'
    | 'DescribeLogDirs',
    number
  >
>;
export const { createErrorFromCode } = load('kafkajs/src/protocol/error') as {
  /** An error with the protocol's name for the code as `type`. */
  createErrorFromCode: (code: number) => Error & { readonly type: string };
};
/** How the `consumer` protocol codes what members want and get. */
export const AssignerProtocol = load('kafkajs/src/consumer/assignerProtocol') as {
  MemberMetadata: {
    encode(metadata: { version: number; topics: readonly string[]; userData: Buffer }): Buffer;
    decode(bytes: Buffer): { readonly topics: readonly string[]; readonly userData: Buffer | null };
  };
  MemberAssignment: {
    encode(assignment: { version: number; assignment: Readonly<Record<string, readonly number[]>> }): Buffer;
    decode(bytes: Buffer): { readonly assignment: Readonly<Record<string, readonly number[]>> } | null;
  };
};

// Each connection would wake up every millisecond for ever, to look at a queue that is nearly always empty.
const { scheduleCheckPendingRequests } = RequestQueue.prototype;
RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleWhenNeeded(): void {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) scheduleCheckPendingRequests.call(this);
};

/**
 * Connections to the brokers, none open yet. Nothing is logged: failures are told to who asked.
 * @param metadataRequest asks without throwing for single topics: one without a leader must not hide the others
 */
export function newCluster(
  options: ClusterOptions,
  metadataRequest: (topics: readonly string[]) => ProtocolRequest<ClusterMetadata>,
): Cluster {
  const cluster = new ClusterClass({
    ...options,
    logger: createLogger({ level: LEVELS.NOTHING, logCreator: () => () => undefined }),
    socketFactory: socketFactory(),
    authenticationTimeout: options.requestTimeout,
    reauthenticationThreshold: 10_000,
    enforceRequestTimeout: true,
    metadataMaxAge: Number.MAX_SAFE_INTEGER,
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
    // Retrying is for the callers, who know what may be repeated.
    retry: { retries: 0, initialRetryTime: 50 },
  });
  const { brokerPool } = cluster;
  const createBroker = brokerPool.createBroker.bind(brokerPool);
  /** To kafkajs a broker that takes connections and answers nothing is connected, and good enough to begin with again. */
  const unlessSilent = async <Result>(broker: Broker, asked: Promise<Result>): Promise<Result> => {
    try {
      return await asked;
    } catch (error) {
      if ((error as Error).name === 'KafkaJSRequestTimeoutError') {
        cut(broker, false);
        if (broker === brokerPool.seedBroker) await brokerPool.createSeedBroker();
      }
      throw error;
    }
  };
  brokerPool.createBroker = (of) => {
    const broker = createBroker(of);
    const connect = broker.connect.bind(broker);
    broker.connect = () => unlessSilent(broker, connect());
    broker.metadata = (topics) => unlessSilent(broker, broker.connectionPool.send(metadataRequest(topics)));
    return broker;
  };
  return cluster;
}

/**
 * Ends a broker's connections at once: whoever waits for an answer is refused. (kafkajs' own way waits for all answers
 * first, and takes further requests meanwhile, which nobody answers then.)
 * @param forGood refuse to connect again, too
 */
export function cut(broker: Broker, forGood: boolean): void {
  const refusal = Object.assign(new Error('the connection was ended'), { name: 'KafkaJSConnectionError' });
  for (const connection of broker.connectionPool.pool) {
    connection.connectionStatus = 'disconnected';
    connection.authenticatedAt = null;
    connection.rejectRequests(refusal);
    connection.requestQueue.destroy();
    connection.socket?.destroy();
    if (forGood) connection.connect = () => Promise.reject(refusal);
  }
}
