import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Say } from '../server.js';
import { commandLine } from './command-line.js';
import { requireMaven } from './java.js';
import { runProgram } from './run-program.js';

const MINUTES_10 = 600_000;
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** A published jar. */
export interface Artifact {
  readonly group: string;
  readonly name: string;
  readonly version: string;
}

const dependency = ({ group, name, version }: Artifact): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;

/** A Maven project of nothing but dependencies. */
export const jarProject = (
  artifacts: readonly Artifact[],
): string => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>order-flow</groupId>
  <artifactId>server</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    ${artifacts.map(dependency).join('\n    ')}
  </dependencies>
</project>
`;

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
 * Fetches jars, and what they need, with Maven unless they are in the directory. They appear there all at once, so an
 * interrupted installation is begun anew and two at the same time do no harm.
 * @param what for people, such as `Kafka 4.3.1`
 * @throws ServerError when Maven is missing or fails
 */
export async function installJars(
  what: string,
  artifacts: readonly Artifact[],
  target: string,
  say: Say,
): Promise<void> {
  if (existsSync(target)) return;
  await requireMaven();
  say(`Fetching ${what} into ${target} (once) …`);
  await mkdir(dirname(target), { recursive: true });
  await removeAbandoned(target);
  const draft = `${target}.draft-${process.pid}`;
  const project = join(draft, 'pom.xml');
  try {
    await mkdir(draft, { recursive: true });
    await writeFile(project, jarProject(artifacts));
    const quiet = ['-q', '-B', '-ntp', '-Dstyle.color=never'];
    const options = [...quiet, '-f', project, '-DincludeScope=runtime', `-DoutputDirectory=${draft}/jars`];
    await runProgram('mvn', [...options, COPY], MINUTES_10);
    await rename(join(draft, 'jars'), target).catch((error: unknown) => {
      if (!existsSync(target)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
