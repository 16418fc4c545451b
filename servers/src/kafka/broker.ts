import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Daemon, startDaemon } from '../processes/daemon.js';
import { runProgram } from '../processes/run-program.js';
import { jarDirectory } from './install.js';
import { javaTool } from '../processes/java.js';
import type { BrokerPorts, Layout } from './layout.js';
import { loggingFile } from './logging.js';

const PRIVATE = { mode: 0o600 };
const ONE_MINUTE = 60_000;

/** One broker's directory inside the state directory. */
export const brokerDirectory = (stateDir: string, id: number): string => join(stateDir, `broker-${id}`);
const propertiesFile = (directory: string): string => join(directory, 'server.properties');
/** Where a broker keeps its partitions. */
export const dataDirectory = (directory: string): string => join(directory, 'data');

/** A broker as a process. Its properties' path is in its command line, and in no other process's. */
export function brokerDaemon(stateDir: string, layout: Layout, { id }: BrokerPorts): Daemon {
  const directory = brokerDirectory(stateDir, id);
  const logging = loggingFile(stateDir, layout.version);
  const memory = [`-Xms${layout.heap}m`, `-Xmx${layout.heap}m`, '-XX:+UseSerialGC'];
  const classes = ['-cp', `${jarDirectory(layout.version)}/*`, 'kafka.Kafka'];
  return {
    name: `Kafka broker ${id}`,
    command: javaTool('java'),
    args: [...memory, '-Djava.awt.headless=true', logging.option, ...classes, propertiesFile(directory)],
    marker: propertiesFile(directory),
    pidFile: join(directory, 'pid'),
    logFile: join(directory, 'broker.log'),
  };
}

/** Writes what a broker reads when it starts. */
export async function writeProperties(stateDir: string, id: number, properties: string): Promise<void> {
  const directory = brokerDirectory(stateDir, id);
  await mkdir(directory, { recursive: true });
  const file = propertiesFile(directory);
  // a file that stands keeps its mode
  await rm(file, { force: true });
  await writeFile(file, properties, PRIVATE);
}

/** Formats a broker's data directory unless that has been done; one left half formatted is begun anew. */
export async function formatBroker(stateDir: string, layout: Layout, id: number): Promise<void> {
  const directory = brokerDirectory(stateDir, id);
  const formatted = join(directory, 'formatted');
  if (existsSync(formatted)) return;
  await rm(dataDirectory(directory), { recursive: true, force: true });
  const { option } = loggingFile(stateDir, layout.version);
  const jvm = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', option];
  const tool = ['-cp', `${jarDirectory(layout.version)}/*`, 'kafka.tools.StorageTool', 'format'];
  const what = ['-t', layout.clusterId, '-c', propertiesFile(directory)];
  await runProgram(javaTool('java'), [...jvm, ...tool, ...what], ONE_MINUTE);
  await writeFile(formatted, `${layout.clusterId}\n`);
}

/** Starts a broker's process; it serves clients only later. */
export const launchBroker = (stateDir: string, layout: Layout, broker: BrokerPorts): Promise<number> =>
  startDaemon(brokerDaemon(stateDir, layout, broker));
