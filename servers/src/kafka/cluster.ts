import { mkdir, rm } from 'node:fs/promises';
import { isPortFree } from '@order-flow/service-kit';
import { pidOf, stopDaemon } from '../processes/daemon.js';
import { type Endpoint, type Say, ServerError } from '../server.js';
import { brokerDaemon, brokerDirectory, dataDirectory, formatBroker, launchBroker, writeProperties } from './broker.js';
import { type Credentials, credentialsIn } from './credentials.js';
import { installKafka } from './install.js';
import { requireJava } from '../processes/java.js';
import {
  addresses,
  type BrokerPorts,
  checkStanding,
  differenceFromRunning,
  type Layout,
  layoutFor,
  readLayout,
  writeLayout,
} from './layout.js';
import { writeLogging } from './logging.js';
import type { KafkaOptions } from './options.js';
import { brokerProperties } from './properties.js';
import { type Expected, untilServing } from './ready.js';

const START_TIMEOUT_MS = 90_000;
const STOP_GRACE_MS = 15_000;

/** What is waited for when all of a cluster's brokers should serve. */
export const wholeCluster = (stateDir: string, layout: Layout): Expected => ({
  addresses: layout.brokers.map(({ client }) => `127.0.0.1:${client}`),
  ids: layout.brokers.map(({ id }) => id),
  daemons: layout.brokers.map((broker) => brokerDaemon(stateDir, layout, broker)),
  timeoutMs: START_TIMEOUT_MS,
});

const runningBrokers = async (stateDir: string, layout: Layout): Promise<readonly BrokerPorts[]> => {
  const pids = await Promise.all(layout.brokers.map((broker) => pidOf(brokerDaemon(stateDir, layout, broker))));
  return layout.brokers.filter((_, index) => pids[index] !== undefined);
};

async function requireFreePorts(brokers: readonly BrokerPorts[], secure: boolean): Promise<void> {
  for (const { client, controller, secure: secured } of brokers)
    for (const port of secure ? [client, controller, secured] : [client, controller])
      if (!(await isPortFree(port)))
        throw new ServerError(
          `port ${port} on 127.0.0.1 is in use; stop what listens there, or choose other ports with --port N (0 for free ones)`,
        );
}

async function prepare(stateDir: string, layout: Layout, say: Say): Promise<void> {
  const credentials = layout.secure ? await credentialsIn(stateDir) : undefined;
  await writeLogging(stateDir, layout.version);
  for (const broker of layout.brokers) {
    const data = dataDirectory(brokerDirectory(stateDir, broker.id));
    await writeProperties(stateDir, broker.id, brokerProperties(layout, broker, data, credentials));
  }
  say(`Formatting ${layout.brokers.length} broker(s) of cluster ${layout.clusterId} where they are new …`);
  await Promise.all(layout.brokers.map(({ id }) => formatBroker(stateDir, layout, id)));
}

async function startMissing(stateDir: string, layout: Layout, running: readonly BrokerPorts[], say: Say) {
  const missing = layout.brokers.filter(({ id }) => !running.some((broker) => broker.id === id));
  await requireFreePorts(missing, layout.secure);
  if (missing.length > 0) await prepare(stateDir, layout, say);
  for (const broker of missing) {
    const { logFile } = brokerDaemon(stateDir, layout, broker);
    // restarts go on in one log, a new `up` begins a new one
    await rm(logFile, { force: true });
    const pid = await launchBroker(stateDir, layout, broker);
    say(`Started broker ${broker.id} on 127.0.0.1:${broker.client}, process ${pid}, log ${logFile}`);
  }
  await untilServing(wholeCluster(stateDir, layout));
}

async function removeData(stateDir: string, layout: Layout): Promise<void> {
  for (const { id } of layout.brokers) await rm(brokerDirectory(stateDir, id), { recursive: true, force: true });
}

/** The layout to bring up; running brokers have to be as asked for, standing data are removed when asked for. */
async function settle(options: KafkaOptions, standing: Layout, running: boolean): Promise<Layout> {
  const { stateDir } = options;
  if (!options.fresh) checkStanding(options, standing);
  if (running) {
    const difference = differenceFromRunning(options, standing);
    if (difference)
      throw new ServerError(`a cluster runs already in ${stateDir}, and ${difference}; bring it down first`);
    return { ...standing, wanted: true };
  }
  if (options.fresh) await removeData(stateDir, standing);
  return layoutFor(options, options.fresh ? undefined : standing);
}

/**
 * Brings a cluster up in its state directory, which the caller has for itself. Brokers that run already stay, those
 * that are started and fail are stopped again.
 * @throws ServerError
 */
export async function bringUp(options: KafkaOptions, say: Say): Promise<Layout> {
  const { stateDir } = options;
  await requireJava();
  await installKafka(options.kafkaVersion, say);
  await mkdir(stateDir, { recursive: true });
  const standing = await readLayout(stateDir);
  const running = standing ? await runningBrokers(stateDir, standing) : [];
  const layout = standing ? await settle(options, standing, running.length > 0) : await layoutFor(options, undefined);
  await writeLayout(stateDir, layout);
  try {
    await startMissing(stateDir, layout, running, say);
  } catch (error) {
    if (running.length === 0) await bringDown(stateDir, () => undefined);
    throw error;
  }
  return layout;
}

/** Stops the brokers of a state directory all at once: the last ones of a quorum cannot leave in good order. */
export async function bringDown(stateDir: string, say: Say): Promise<void> {
  const layout = await readLayout(stateDir);
  if (!layout) {
    say(`Nothing was ever brought up in ${stateDir}`);
    return;
  }
  await writeLayout(stateDir, { ...layout, wanted: false });
  const running = await runningBrokers(stateDir, layout);
  await Promise.all(
    layout.brokers.map(async (broker) => {
      const killed = await stopDaemon(brokerDaemon(stateDir, layout, broker), STOP_GRACE_MS);
      if (!running.includes(broker)) return;
      say(
        `Stopped broker ${broker.id}${killed ? `, which did not stop within ${STOP_GRACE_MS / 1_000} s: killed` : ''}`,
      );
    }),
  );
  if (running.length === 0) say(`No broker was running in ${stateDir}`);
}

const secureVariables = (layout: Layout, { username, passwordFile, certificateFile }: Credentials) => ({
  KAFKA_BROKERS: addresses(layout, 'secure'),
  KAFKA_SSL: certificateFile,
  KAFKA_SASL_MECHANISM: 'plain',
  KAFKA_SASL_USERNAME: username,
  KAFKA_SASL_PASSWORD: { file: passwordFile },
});

/** The ways into a cluster: the plain listeners, and the secure ones if it has them. */
export async function endpoints(stateDir: string, layout: Layout): Promise<readonly [Endpoint, ...Endpoint[]]> {
  const replicas = layout.brokers.length >= 3 ? { KAFKA_REPLICATION_FACTOR: '3' } : {};
  const plain: Endpoint = {
    name: 'plain',
    variables: { KAFKA_BROKERS: addresses(layout, 'client'), ...replicas },
  };
  if (!layout.secure) return [plain];
  const variables = { ...secureVariables(layout, await credentialsIn(stateDir)), ...replicas };
  return [plain, { name: 'secure', variables }];
}
