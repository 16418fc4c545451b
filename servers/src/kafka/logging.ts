import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KafkaVersion } from './options.js';

const PATTERN = '%d{ISO8601} %p %m (%c{1})%n';

const LOG4J1 = `log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=${PATTERN}
`;

const LOG4J2 = `status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = ${PATTERN}
rootLogger.level = info
rootLogger.appenderRef.out.ref = out
`;

/** How a version's brokers are told to log to their output. */
export function loggingFile(stateDir: string, version: KafkaVersion): { file: string; text: string; option: string } {
  const old = version.startsWith('3.');
  const file = join(stateDir, old ? 'log4j.properties' : 'log4j2.properties');
  const option = old ? `-Dlog4j.configuration=file:${file}` : `-Dlog4j2.configurationFile=${file}`;
  return { file, text: old ? LOG4J1 : LOG4J2, option };
}

/** Writes the file that the option names. */
export async function writeLogging(stateDir: string, version: KafkaVersion): Promise<void> {
  const { file, text } = loggingFile(stateDir, version);
  await writeFile(file, text);
}
