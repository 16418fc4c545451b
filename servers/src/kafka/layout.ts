import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '../processes/ports.js';
import { ServerError } from '../server.js';
import type { KafkaOptions, KafkaVersion } from './options.js';

/** Ports of one broker on 127.0.0.1. */
export interface BrokerPorts {
  readonly id: number;
  readonly client: number;
  readonly controller: number;
  readonly secure: number;
}

/** What a cluster is, kept beside its data. */
export interface Layout {
  readonly clusterId: string;
  readonly version: KafkaVersion;
  readonly brokers: readonly BrokerPorts[];
  readonly secure: boolean;
  readonly rebalanceDelay: number;
  readonly heap: number;
  /** Whether it was brought up and not down since. */
  readonly wanted: boolean;
}

const CONTROLLERS_BEHIND = 10;
const SECURE_BEHIND = 20;

/** Distances of the last port from the first. */
export const portSpan = (brokers: number): number => SECURE_BEHIND + brokers - 1;

/** The ports from a given first one on. */
export const portsFrom = (first: number, brokers: number): readonly BrokerPorts[] =>
  Array.from({ length: brokers }, (_, index) => ({
    id: index + 1,
    client: first + index,
    controller: first + CONTROLLERS_BEHIND + index,
    secure: first + SECURE_BEHIND + index,
  }));

async function anyPorts(brokers: number): Promise<readonly BrokerPorts[]> {
  const ports = await freePorts(3 * brokers);
  const at = (index: number): number => ports[index] ?? 0;
  return Array.from({ length: brokers }, (_, index) => ({
    id: index + 1,
    client: at(3 * index),
    controller: at(3 * index + 1),
    secure: at(3 * index + 2),
  }));
}

/**
 * A cluster id of sixteen random bytes in Kafka's spelling. It is the identity of everything in the cluster's topics,
 * so two clusters must never share one; a leading dash would read as an option on a command line.
 */
export function newClusterId(random: (size: number) => Buffer = randomBytes): string {
  for (;;) {
    const id = random(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}

/** The layout that options ask for; data that stand keep their cluster id. */
export async function layoutFor(options: KafkaOptions, standing: Layout | undefined): Promise<Layout> {
  const { brokers, port, kafkaVersion, secure, rebalanceDelay, heap } = options;
  return {
    clusterId: standing?.clusterId ?? newClusterId(),
    version: kafkaVersion,
    brokers: port === 0 ? await anyPorts(brokers) : portsFrom(port, brokers),
    secure,
    rebalanceDelay,
    heap,
    wanted: true,
  };
}

/** Refuses what standing data do not allow. @throws ServerError with the remedy */
export function checkStanding({ brokers, kafkaVersion, stateDir }: KafkaOptions, standing: Layout): void {
  const has = standing.brokers.length;
  const remedy = 'give --fresh to remove it, or another --state-dir';
  if (has !== brokers)
    throw new ServerError(`${stateDir} holds a cluster of ${has} broker(s), and ${brokers} were asked for; ${remedy}`);
  if (standing.version !== kafkaVersion)
    throw new ServerError(`${stateDir} holds data of Kafka ${standing.version}, not ${kafkaVersion}; ${remedy}`);
}

/** How running brokers differ from what is asked for; undefined when they do not. */
export function differenceFromRunning(options: KafkaOptions, running: Layout): string | undefined {
  const first = running.brokers[0]?.client;
  if (options.fresh) return 'it has data, and --fresh was given';
  if (options.port !== 0 && options.port !== first) return `its first port is ${first ?? 'unknown'}`;
  if (options.secure && !running.secure) return 'it has no secure listener';
  if (options.rebalanceDelay !== running.rebalanceDelay) return `its rebalance delay is ${running.rebalanceDelay} ms`;
  return undefined;
}

const file = (stateDir: string): string => join(stateDir, 'cluster.json');

/** What stands in a state directory. */
export async function readLayout(stateDir: string): Promise<Layout | undefined> {
  const text = await readFile(file(stateDir), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Layout);
}

/** Writes it whole or not at all. */
export async function writeLayout(stateDir: string, layout: Layout): Promise<void> {
  const draft = `${file(stateDir)}.draft`;
  await writeFile(draft, `${JSON.stringify(layout, undefined, 2)}\n`);
  await rename(draft, file(stateDir));
}

/** `host:port,host:port` of the brokers' plain or secure listeners. */
export const addresses = ({ brokers }: Layout, listener: 'client' | 'secure'): string =>
  brokers.map((broker) => `127.0.0.1:${broker[listener]}`).join(',');
