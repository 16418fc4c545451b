import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import type { OneProcess } from '../one-process/one-process.js';
import { cacheDirectory } from '../processes/cache.js';
import { installJars } from '../processes/install-jars.js';
import { javaTool, requireJava } from '../processes/java.js';
import { EMULATOR_SOURCE } from './emulator-source.js';

const VERSION = '1.47.0';
const JARS = [
  { group: 'de.bwaldvogel', name: 'mongo-java-server', version: VERSION },
  // without it, what fails inside is told to nobody
  { group: 'org.slf4j', name: 'slf4j-simple', version: '2.0.17' },
];
const LOGGING = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
const HEAP_MB = 512;
const ANSWER_MS = 2_000;

const jarDirectory = (): string => join(cacheDirectory(), `mongodb-emulator-${VERSION}`);
const programIn = (directory: string): string => join(directory, 'MongoEmulator.java');

/** For `MONGO_URL`. */
export const mongoUrl = (port: number): string => `mongodb://127.0.0.1:${port}/order_flow`;

async function serves(port: number): Promise<boolean> {
  const client = new MongoClient(mongoUrl(port), {
    serverSelectionTimeoutMS: ANSWER_MS,
    connectTimeoutMS: ANSWER_MS,
    socketTimeoutMS: ANSWER_MS,
  });
  return client
    .db()
    .command({ ping: 1 })
    .then(
      () => true,
      () => false,
    )
    .finally(() => client.close());
}

/** An emulator of MongoDB: mongo-java-server, all data in memory. */
export const mongodb: OneProcess = {
  name: 'mongodb',
  title: 'MongoDB emulator',
  version: async () => VERSION,
  port: 27_027,
  aboutFresh: 'refuse one that runs already; the emulator keeps nothing on disk and always begins empty',
  install: async (say) => {
    await requireJava();
    await installJars(`the MongoDB emulator (mongo-java-server ${VERSION})`, JARS, jarDirectory(), say);
  },
  prepare: (directory) => writeFile(programIn(directory), EMULATOR_SOURCE),
  daemon: (directory, port) => ({
    name: 'MongoDB emulator',
    command: javaTool('java'),
    args: [
      `-Xmx${HEAP_MB}m`,
      '-XX:+UseSerialGC',
      LOGGING,
      '-cp',
      `${jarDirectory()}/*`,
      programIn(directory),
      String(port),
    ],
    marker: programIn(directory),
    pidFile: join(directory, 'pid'),
    logFile: join(directory, 'emulator.log'),
  }),
  serves,
  variables: (port) => ({ MONGO_URL: mongoUrl(port) }),
};
