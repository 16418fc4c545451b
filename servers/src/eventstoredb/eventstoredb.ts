import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openEventStoreDb } from '@order-flow/event-store';
import type { OneProcess } from '../one-process/one-process.js';
import { ServerError } from '../server.js';

const ANSWER_MS = 2_000;

/** The built programs: beside this one when it is one of them, else those of the repository. */
function programs(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return basename(here) === 'dist' ? here : join(dirname(dirname(dirname(here))), 'dist');
}

const program = (): string => join(programs(), 'eventstoredb-emulator.mjs');
const dataDirectory = (directory: string): string => join(directory, 'data');

/** For `EVENT_STORE_URL`. */
export const eventStoreUrl = (port: number): string => `esdb://127.0.0.1:${port}?tls=false`;

async function serves(port: number): Promise<boolean> {
  const opening = openEventStoreDb({ url: eventStoreUrl(port), answerMs: ANSWER_MS, callMs: 0 });
  const store = await opening.catch(() => undefined);
  await store?.close();
  return store !== undefined;
}

/** This repository's emulator of EventStoreDB. Its events are on disk when they are acknowledged. */
export const eventstoredb: OneProcess = {
  name: 'eventstoredb',
  title: 'EventStoreDB emulator',
  version: async () => '0.1.0',
  port: 2_123,
  aboutFresh: 'remove the events of earlier runs first',
  install: async () => {
    if (existsSync(program())) return;
    throw new ServerError(`${program()} is not built yet; \`npm run servers -- status\` builds it`);
  },
  prepare: async () => undefined,
  daemon: (directory, port) => ({
    name: 'EventStoreDB emulator',
    command: process.execPath,
    args: [program(), '--port', String(port), '--data-dir', dataDirectory(directory)],
    marker: dataDirectory(directory),
    pidFile: join(directory, 'pid'),
    logFile: join(directory, 'emulator.log'),
  }),
  serves,
  variables: (port) => ({ EVENT_STORE_URL: eventStoreUrl(port) }),
};
