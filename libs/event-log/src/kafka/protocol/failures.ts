import { LogError } from '../../port.js';

/** What kafkajs' errors carry, its own wrappers aside. */
interface ClientError extends Error {
  /** The protocol's name of an error that a broker answered. */
  readonly type?: string;
  /** Of the connection: Node's or OpenSSL's. */
  readonly code?: string;
}

/** The first cause: kafkajs wraps errors once per retry. */
export function rootOf(error: unknown): ClientError {
  let root: ClientError = error instanceof Error ? error : new Error(String(error));
  while (root.type === undefined && root.cause instanceof Error) root = root.cause;
  return root;
}

/** The protocol's name of the error a broker answered; undefined for failures without an answer. */
export const answerOf = (error: unknown): string | undefined => rootOf(error).type;

/** Answers that say: not done, and worth another try, perhaps elsewhere. */
const PASSING = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'REQUEST_TIMED_OUT',
  'BROKER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NOT_CONTROLLER',
  'CONCURRENT_TRANSACTIONS',
  'KAFKA_STORAGE_ERROR',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'LISTENER_NOT_FOUND',
  'UNSTABLE_OFFSET_COMMIT',
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'THROTTLING_QUOTA_EXCEEDED',
]);

/** Failures of the client that mean no more than: the broker was not reached, or has moved. */
const UNREACHED = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSLockTimeout',
  'KafkaJSBrokerNotFound',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSNoBrokerAvailableError',
  'NoAnswer',
]);

/** Told instead of an answer that did not come in time. */
export class NoAnswer extends Error {
  constructor(what: string, milliseconds: number) {
    super(`${what} was not answered within ${milliseconds} ms`);
    this.name = 'NoAnswer';
  }
}

const CERTIFICATE = /CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/;

/** Whether the broker cannot show that it is the one that is meant: trying again does not help. */
export const isUntrusted = (error: unknown): boolean => CERTIFICATE.test(rootOf(error).code ?? '');

/** Whether the broker was not reached, or gave no answer: what was asked may or may not have been done. */
export const isUnanswered = (error: unknown): boolean => {
  const root = rootOf(error);
  return root.type === undefined && UNREACHED.has(root.name) && !isUntrusted(root);
};

/** Whether trying again may help, by itself or after looking for the leader or coordinator anew. */
export const isPassing = (error: unknown): boolean => {
  const { type } = rootOf(error);
  return type === undefined ? isUnanswered(error) : PASSING.has(type);
};

const FENCED = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_PRODUCER_ID_MAPPING']);
const UNKNOWN = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION']);
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

function codeOf({ name, type, code }: ClientError): LogError['code'] {
  if (name === 'KafkaJSSASLAuthenticationError' || CERTIFICATE.test(code ?? '')) return 'LOG_REFUSED';
  if (type === undefined) return 'LOG_UNAVAILABLE';
  if (FENCED.has(type)) return 'FENCED';
  if (UNKNOWN.has(type)) return 'UNKNOWN_TOPIC';
  if (TOO_LARGE.has(type)) return 'RECORD_TOO_LARGE';
  if (type === 'OFFSET_OUT_OF_RANGE') return 'OFFSET_OUT_OF_RANGE';
  if (/AUTHORIZATION_FAILED|SASL|SECURITY_DISABLED|INVALID_SESSION_TIMEOUT/.test(type)) return 'LOG_REFUSED';
  return 'LOG_UNAVAILABLE';
}

/** What to do about answers that no trying again mends. */
const REMEDIES: Readonly<Record<string, string>> = {
  INVALID_TIMESTAMP: ": set the clocks right, or raise the topic's message.timestamp.after.max.ms",
};

/** Any failure as the port tells it. @param what was being done, for the message */
export function logErrorOf(error: unknown, what: string): LogError {
  if (error instanceof LogError) return error;
  const root = rootOf(error);
  const answer = root.type === undefined ? '' : ` (${root.type})${REMEDIES[root.type] ?? ''}`;
  return new LogError(codeOf(root), `${what}: ${root.message}${answer}`, { cause: error });
}
