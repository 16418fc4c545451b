import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { commandLine } from '../processes/command-line.js';
import { runProgram } from '../processes/run-program.js';
import type { Say } from '../server.js';
import { requireMaven } from './java.js';
import { cacheDirectory, type KafkaVersion } from './options.js';

const MINUTES_10 = 600_000;

interface Artifact {
  readonly group: string;
  readonly name: string;
  readonly version: string;
}

/** What writes the broker's log: 3.9 still logs through log4j 1's interface, 4 through log4j 2. */
const logging = (version: KafkaVersion): Artifact =>
  version.startsWith('3.')
    ? { group: 'org.slf4j', name: 'slf4j-reload4j', version: '1.7.36' }
    : { group: 'org.apache.logging.log4j', name: 'log4j-slf4j-impl', version: '2.25.4' };

const dependency = ({ group, name, version }: Artifact): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;

/** A Maven project of nothing but the broker's dependencies. */
export const brokerProject = (version: KafkaVersion): string => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>order-flow</groupId>
  <artifactId>kafka-broker</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    ${dependency({ group: 'org.apache.kafka', name: 'kafka_2.13', version })}
    ${dependency(logging(version))}
  </dependencies>
</project>
`;

const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** Where a version's jars are once they are installed. */
export const jarDirectory = (version: KafkaVersion, cache = cacheDirectory()): string =>
  join(cache, `kafka-${version}`);

/** Removes what installations that died have left. */
async function removeAbandoned(target: string): Promise<void> {
  const beginning = `${basename(target)}.draft-`;
  for (const name of await readdir(dirname(target))) {
    if (!name.startsWith(beginning)) continue;
    if ((await commandLine(Number(name.slice(beginning.length)))) !== '') continue;
    await rm(join(dirname(target), name), { recursive: true, force: true });
  }
}

/**
 * Fetches the broker's jars with Maven unless they are in the cache. They appear there all at once, so an interrupted
 * installation is begun anew and two at the same time do no harm.
 * @throws ServerError when Maven is missing or fails
 */
export async function installKafka(version: KafkaVersion, say: Say, cache = cacheDirectory()): Promise<void> {
  const target = jarDirectory(version, cache);
  if (existsSync(target)) return;
  await requireMaven();
  say(`Fetching Kafka ${version} into ${target} (once) …`);
  await mkdir(cache, { recursive: true });
  await removeAbandoned(target);
  const draft = `${target}.draft-${process.pid}`;
  const project = join(draft, 'pom.xml');
  try {
    await mkdir(draft, { recursive: true });
    await writeFile(project, brokerProject(version));
    const options = [
      '-q',
      '-B',
      '-ntp',
      '-Dstyle.color=never',
      '-f',
      project,
      '-DincludeScope=runtime',
      `-DoutputDirectory=${draft}/jars`,
    ];
    await runProgram('mvn', [...options, COPY], MINUTES_10);
    await rename(join(draft, 'jars'), target).catch((error: unknown) => {
      if (!existsSync(target)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
