import { randomUUID } from 'node:crypto';
import { Cleaner } from './cleaning/cleaner.js';
import type { CompactionSettings } from './cleaning/compaction.js';
import type { SessionTimes } from './groups/group-member.js';
import { joinGroup } from './groups/join-group.js';
import { LifeBound } from './life-bound.js';
import { readLog } from './log-reader.js';
import {
  type EventLog,
  type GroupName,
  LogError,
  type LogAdmin,
  type LogWriter,
  type Offset,
  type OwnershipEpoch,
  type RecordBatch,
  type TopicName,
} from './port.js';
import type { LogStorage } from './storage/log-storage.js';
import { storedLogAdmin } from './stored-log-admin.js';
import { Topics } from './topics.js';
import { openTransactionalWriter } from './transactional-writer.js';

const FORMAT = 'order-flow event log 1';

export interface StoredLogSettings extends CompactionSettings, SessionTimes {}

/** Milliseconds: a heartbeat each second, six seconds' silence is the end; tombstones stay a day. */
export const DEFAULT_SETTINGS = {
  heartbeatInterval: 1_000,
  sessionTimeout: 6_000,
  deleteRetentionMs: 24 * 60 * 60 * 1_000,
  now: Date.now,
};

/** Marks a new storage as a log and gives it its identity; answers what is wrong with one that is something else. */
async function identify(storage: LogStorage): Promise<string | { readonly problem: string }> {
  // A damaged storage shows itself to a reader more gently than to a writer.
  const existing = storage.get('log', 'identity')?.toString();
  if (existing !== undefined && storage.get('log', 'format')?.toString() === FORMAT) return existing;
  return storage.transaction(() => {
    const format = storage.get('log', 'format')?.toString();
    if (format !== undefined && format !== FORMAT) return { problem: `holds the format '${format.slice(0, 60)}'` };
    const known = storage.get('log', 'identity')?.toString();
    if (known !== undefined) return known;
    if (!storage.isEmpty()) return { problem: 'holds other data than an event log' };
    const identity = randomUUID();
    storage.put('log', 'format', Buffer.from(FORMAT));
    storage.put('log', 'identity', Buffer.from(identity));
    return identity;
  });
}

class StoredEventLog implements EventLog {
  readonly admin: LogAdmin;
  readonly #life = new LifeBound();
  readonly #cleaner: Cleaner;
  #closing: Promise<void> | undefined;

  constructor(
    private readonly storage: LogStorage,
    private readonly topics: Topics,
    private readonly settings: StoredLogSettings,
    private readonly uuid: string,
  ) {
    this.#cleaner = new Cleaner(storage, topics, settings);
    this.admin = storedLogAdmin(storage, topics, this.#cleaner);
    this.#cleaner.start();
  }

  async identity(): Promise<string> {
    return this.uuid;
  }

  openWriter(transactionalId: string): Promise<LogWriter> {
    return openTransactionalWriter(this.storage, this.topics, transactionalId);
  }

  read(
    from: readonly Offset[],
    options: { readonly follow: boolean; readonly signal: AbortSignal; readonly maxRecords?: number },
  ): AsyncIterable<RecordBatch> {
    return this.#life.during(options.signal, (signal) =>
      readLog(this.storage, this.topics, from, { ...options, signal }),
    );
  }

  join(group: GroupName, names: readonly TopicName[], signal: AbortSignal): AsyncIterable<OwnershipEpoch> {
    const { storage, topics, settings } = this;
    const onLeaving = (leaving: Promise<void>): void => this.#life.awaits(leaving);
    return this.#life.during(signal, (bound) =>
      joinGroup({ storage, topics, names, onLeaving }, group, settings, bound),
    );
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#life.end();
    await this.#cleaner.stop();
    await this.storage.close();
  }
}

/**
 * A log upon a storage, which it closes with itself.
 * @param describe what the storage is, for messages
 * @throws LogError LOG_CORRUPT when the storage holds something else
 */
export async function openStoredEventLog(
  storage: LogStorage,
  describe: string,
  settings: StoredLogSettings,
): Promise<EventLog> {
  try {
    const identity = await identify(storage);
    if (typeof identity !== 'string') {
      const remedy = 'move it away (a new log is then made) or name another place';
      throw new LogError('LOG_CORRUPT', `${describe} ${identity.problem}; ${remedy}`);
    }
    return new StoredEventLog(storage, new Topics(storage), settings, identity);
  } catch (error) {
    await storage.close();
    throw error;
  }
}
