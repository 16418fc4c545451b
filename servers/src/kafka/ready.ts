import { connect } from 'node:net';
import kafkajs, { type Admin, type ISocketFactory, type Kafka, type KafkaConfig } from 'kafkajs';
import { type Daemon, lastWords, pidOf } from '../processes/daemon.js';
import { ServerError } from '../server.js';
import { holdsWithin } from '../wait.js';

/** As many as the internal topics have partitions: strings that differ by one in their last character have
 *  neighbouring hash codes in Java, so these ids fall on each partition once. */
const PROBES = ['ready-0', 'ready-1', 'ready-2', 'ready-3'];

const client = (addresses: readonly string[], more: Partial<KafkaConfig> = {}): Kafka =>
  new kafkajs.Kafka({
    clientId: 'servers',
    brokers: [...addresses],
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 5_000,
    retry: { retries: 1, initialRetryTime: 50 },
    ...more,
  });

/** Leads to one broker, whichever the client wants: it would ask any that it has heard of, and fail at a dead one. */
const onlyTo =
  (address: string): ISocketFactory =>
  ({ onConnect }) => {
    const { hostname: host, port } = new URL(`tcp://${address}`);
    return connect({ host, port: Number(port) }, onConnect);
  };

async function withAdmin<Result>(kafka: Kafka, work: (admin: Admin) => Promise<Result>): Promise<Result> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** The brokers' ids that the one at an address knows of, empty when it does not answer. */
export const registeredBrokers = (address: string): Promise<readonly number[]> =>
  withAdmin(client([address], { socketFactory: onlyTo(address) }), async (admin) =>
    (await admin.describeCluster()).brokers.map(({ nodeId }) => nodeId),
  ).catch(() => []);

/** Resolves when every replica of every partition is in sync. @throws ServerError when that takes longer than `timeoutMs` */
export async function untilInSync(addresses: readonly string[], timeoutMs: number): Promise<void> {
  const inSync = (): Promise<boolean> =>
    withAdmin(client(addresses), async (admin) => {
      const { topics } = await admin.fetchTopicMetadata();
      return topics.every(({ partitions }) => partitions.every(({ isr, replicas }) => isr.length === replicas.length));
    }).catch(() => false);
  if (!(await holdsWithin(timeoutMs, inSync)))
    throw new ServerError(`replicas are not in sync after ${timeoutMs / 1_000} s`);
}

async function probeTransaction(kafka: Kafka, transactionalId: string): Promise<void> {
  const producer = kafka.producer({
    transactionalId,
    maxInFlightRequests: 1,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  try {
    await producer.connect();
    await (await producer.transaction()).abort();
  } finally {
    await producer.disconnect().catch(() => undefined);
  }
}

const succeeds = (work: () => Promise<unknown>) => (): Promise<boolean> =>
  work().then(
    () => true,
    () => false,
  );

async function refuseDead(daemons: readonly Daemon[]): Promise<void> {
  for (const daemon of daemons)
    if ((await pidOf(daemon)) === undefined)
      throw new ServerError(`${daemon.name} exited; the end of ${daemon.logFile}:\n${await lastWords(daemon)}`);
}

/** A cluster, or some of it, that should come to serve. */
export interface Expected {
  /** `host:port` of the brokers that are asked. */
  readonly addresses: readonly string[];
  /** Brokers that have to be registered. */
  readonly ids: readonly number[];
  /** Their processes: waiting ends when one of them does. */
  readonly daemons: readonly Daemon[];
  readonly timeoutMs: number;
}

async function until(what: string, { daemons, timeoutMs }: Expected, condition: () => Promise<boolean>): Promise<void> {
  const alive = async (): Promise<boolean> => {
    if (await condition()) return true;
    await refuseDead(daemons);
    return false;
  };
  if (await holdsWithin(timeoutMs, alive)) return;
  const ends = await Promise.all(daemons.map(async (daemon) => `${daemon.logFile}:\n${await lastWords(daemon, 5)}`));
  throw new ServerError(`Kafka: ${what} not ready within ${timeoutMs / 1_000} s; the end of\n${ends.join('\n')}`);
}

/** Resolves when each of the brokers knows all the expected ones. @throws ServerError with the end of the log */
export async function untilRegistered(expected: Expected): Promise<void> {
  const { addresses, ids } = expected;
  for (const address of addresses)
    await until(`broker at ${address}`, expected, async () => {
      const registered = await registeredBrokers(address);
      return ids.every((id) => registered.includes(id));
    });
}

/**
 * Resolves when groups and transactions are served too: their internal topics are made at the first request, and
 * refuse until then.
 * @throws ServerError with the end of the log
 */
export async function untilServing(expected: Expected): Promise<void> {
  await untilRegistered(expected);
  const kafka = client(expected.addresses);
  await withAdmin(kafka, (admin) =>
    Promise.all(
      PROBES.map((groupId) =>
        until(
          'groups',
          expected,
          succeeds(() => admin.fetchOffsets({ groupId })),
        ),
      ),
    ),
  );
  await Promise.all(
    PROBES.map((id) =>
      until(
        'transactions',
        expected,
        succeeds(() => probeTransaction(kafka, id)),
      ),
    ),
  );
}
