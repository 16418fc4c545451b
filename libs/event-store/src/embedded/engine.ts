import { mkdir, realpath } from 'node:fs/promises';
import { storeUnavailable } from './damage.js';
import { openDirectory } from './directory.js';
import { Growth } from './growth.js';
import { guardedRead } from './guarded-read.js';
import type { Tables } from './tables.js';
import { lastSequence } from './tables.js';
import { WriteQueue } from './write-queue.js';

/** One use of a store. All uses in this process share what is opened: LMDB allows a path to be open once per process. */
export interface Engine {
  readonly tables: Tables;
  readonly writes: WriteQueue;
  readonly growth: Growth;
  /** Resolves after the writes under way are done. The last use closes the files. */
  close(): Promise<void>;
}

interface Opened extends Omit<Engine, 'close'> {
  uses: number;
}

const opened = new Map<string, Promise<Opened>>();
const closing = new Map<string, Promise<void>>();

export async function acquireEngine(path: string, pollIntervalMs: number): Promise<Engine> {
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw storeUnavailable(path, 'its directory cannot be made', error);
  });
  const place = await realpath(path);
  while (closing.has(place)) await closing.get(place);
  let entry = opened.get(place);
  if (!entry) {
    entry = openShared(path, pollIntervalMs);
    opened.set(place, entry);
  }
  const shared = await entry.catch((error: unknown) => {
    opened.delete(place);
    throw error;
  });
  shared.uses += 1;
  return useOf(shared, place);
}

async function openShared(path: string, pollIntervalMs: number): Promise<Opened> {
  const tables = await openDirectory(path);
  const growth = new Growth(() => lastSequenceNow(tables), pollIntervalMs);
  const writes = new WriteQueue(tables, (sequence) => growth.reached(sequence));
  return { tables, growth, writes, uses: 0 };
}

function useOf(shared: Opened, place: string): Engine {
  const use = new AbortController();
  const { growth, writes } = shared;
  return {
    growth,
    writes,
    tables: { ...shared.tables, closed: use.signal },
    close: async () => {
      use.abort();
      growth.wakeAll();
      shared.uses -= 1;
      if (shared.uses > 0) await writes.passed();
      else await closeFiles(shared, place);
    },
  };
}

async function closeFiles({ tables, writes }: Opened, place: string): Promise<void> {
  opened.delete(place);
  const closed = writes.close().then(() => tables.environment.close());
  closing.set(place, closed);
  await closed.finally(() => closing.delete(place));
}

export function lastSequenceNow(tables: Tables): number {
  return guardedRead(tables, () => lastSequence(tables));
}
