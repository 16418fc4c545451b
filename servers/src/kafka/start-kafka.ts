import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Daemon, killDaemon, pauseDaemon, signalDaemon, stopDaemon } from '../processes/daemon.js';
import { alone } from '../processes/directory-lock.js';
import { tether } from '../processes/tether.js';
import { type Endpoint, type Say, ServerError } from '../server.js';
import { brokerDaemon, launchBroker } from './broker.js';
import { bringDown, bringUp, endpoints, wholeCluster } from './cluster.js';
import { addresses, type BrokerPorts, type Layout } from './layout.js';
import { KAFKA_DEFAULTS, type KafkaOptions } from './options.js';
import { untilInSync, untilRegistered } from './ready.js';

const START_TIMEOUT_MS = 180_000;
/** A broker that was killed recovers every partition first, on a busy machine for a minute or two. */
const IN_SYNC_TIMEOUT_MS = 240_000;
const STOP_GRACE_MS = 15_000;

/** A cluster under a test's control. Brokers are numbered from 1; each action resolves when it has taken effect. */
export interface RunningKafka {
  /** `host:port,host:port`, as `KAFKA_BROKERS` wants it. */
  readonly brokers: string;
  /** The plain way in, and the secure one if there is one. */
  readonly endpoints: readonly [Endpoint, ...Endpoint[]];
  readonly stateDir: string;
  /** SIGKILL. */
  kill(id: number): Promise<void>;
  /** SIGTERM: hands its partitions over first where others can take them. */
  stop(id: number): Promise<void>;
  /** Starts it on its data; resolves when it is part of the cluster again. @throws ServerError */
  start(id: number): Promise<void>;
  /** Resolves when every replica is in sync again, so that the next broker may go. @throws ServerError after four minutes */
  inSync(): Promise<void>;
  /** Freezes it where it is, connections open: to the others it is a broker that hangs. @throws ServerError */
  pause(id: number): Promise<void>;
  resume(id: number): Promise<void>;
  /** Ends all brokers; a temporary state directory is removed, another keeps its data. */
  down(): Promise<void>;
}

export type StartKafka = Partial<Omit<KafkaOptions, 'fresh'>> & { readonly say?: Say };

const brokerOf = (layout: Layout, id: number): BrokerPorts => {
  const broker = layout.brokers.find((each) => each.id === id);
  if (broker) return broker;
  throw new ServerError(`there is no broker ${id}; there are ${layout.brokers.map((each) => each.id).join(', ')}`);
};

async function restart(stateDir: string, layout: Layout, broker: BrokerPorts): Promise<void> {
  await launchBroker(stateDir, layout, broker);
  await untilRegistered({
    addresses: [`127.0.0.1:${broker.client}`],
    ids: [broker.id],
    daemons: [brokerDaemon(stateDir, layout, broker)],
    timeoutMs: START_TIMEOUT_MS,
  });
}

async function endAtOnce(daemons: readonly Daemon[]): Promise<void> {
  await Promise.all(daemons.map(killDaemon));
}

/**
 * Starts Kafka for a test: on free ports and in a temporary directory unless told otherwise, with the defaults of
 * `servers up kafka` for the rest. Installs it first when it is not in the cache. It ends with this process at the
 * latest.
 * @throws ServerError
 */
export async function startKafka({ say = () => undefined, ...given }: StartKafka = {}): Promise<RunningKafka> {
  const temporary = given.stateDir === undefined;
  const stateDir = given.stateDir ?? (await mkdtemp(join(tmpdir(), 'order-flow-kafka-')));
  const release = tether(stateDir, temporary ? 'remove' : 'keep');
  const options: KafkaOptions = { ...KAFKA_DEFAULTS, port: 0, ...given, stateDir };
  const layout = await alone(stateDir, () => bringUp(options, say)).catch(async (error: unknown) => {
    await release();
    throw error;
  });
  const { daemons } = wholeCluster(stateDir, layout);
  const daemonOf = (id: number): Daemon => brokerDaemon(stateDir, layout, brokerOf(layout, id));
  return {
    brokers: addresses(layout, 'client'),
    endpoints: await endpoints(stateDir, layout),
    stateDir,
    kill: (id) => killDaemon(daemonOf(id)),
    stop: async (id) => {
      await stopDaemon(daemonOf(id), STOP_GRACE_MS);
    },
    start: (id) => restart(stateDir, layout, brokerOf(layout, id)),
    inSync: () => untilInSync(addresses(layout, 'client').split(','), IN_SYNC_TIMEOUT_MS),
    pause: (id) => pauseDaemon(daemonOf(id)),
    resume: async (id) => {
      await signalDaemon(daemonOf(id), 'SIGCONT');
    },
    down: async () => {
      await (temporary ? endAtOnce(daemons) : alone(stateDir, () => bringDown(stateDir, say)));
      await release();
    },
  };
}
