import type { EventLog } from './port.js';
import { openMemoryStorage } from './storage/memory-storage.js';
import { DEFAULT_SETTINGS, openStoredEventLog } from './stored-event-log.js';

export interface MemoryEventLogOptions {
  /** Clock of retention and tombstones, milliseconds since the epoch. */
  readonly now?: () => number;
  /** Milliseconds a tombstone stays after its first compaction; default one day. */
  readonly deleteRetentionMs?: number;
}

/** The same log in this process's memory, for tests: fast, and gone when it is closed. */
export async function openMemoryEventLog(options: MemoryEventLogOptions = {}): Promise<EventLog> {
  return openStoredEventLog(openMemoryStorage(), 'the log in memory', {
    ...DEFAULT_SETTINGS,
    deleteRetentionMs: options.deleteRetentionMs ?? DEFAULT_SETTINGS.deleteRetentionMs,
    now: options.now ?? DEFAULT_SETTINGS.now,
  });
}
