import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Real servers that suites take from the environment, by the variable that names them. Others bring up their own. */
const VARIABLES = { KAFKA_BROKERS: 'kafka', EVENT_STORE_URL: 'eventstoredb', MONGO_URL: 'mongodb' };

const RELATIVE_IMPORT = /from '(\.{1,2}\/[^']+)\.js'/g;

/** The sources of a suite: the file, and what it imports of its own workspace. */
function sourcesOf(file, seen) {
  if (seen.has(file) || !existsSync(file)) return;
  const text = readFileSync(file, 'utf8');
  seen.set(file, text);
  for (const [, path] of text.matchAll(RELATIVE_IMPORT)) sourcesOf(join(dirname(file), `${path}.ts`), seen);
}

/**
 * Names of the servers that suites read from the environment and that it does not name: a suite needs one when it, or a
 * file it imports, has `process.env['…']` with its variable.
 */
export function serversOf(suites, env) {
  const sources = new Map();
  for (const suite of suites) sourcesOf(suite, sources);
  const texts = [...sources.values()];
  const isRead = (variable) => texts.some((text) => text.includes(`process.env['${variable}']`));
  return Object.entries(VARIABLES).flatMap(([variable, server]) =>
    !env[variable] && isRead(variable) ? [server] : [],
  );
}
