import type { EventLog } from './port.js';
import { openLmdbStorage } from './storage/lmdb-storage.js';
import { DEFAULT_SETTINGS, openStoredEventLog } from './stored-event-log.js';

export interface EmbeddedEventLogOptions {
  /** Directory of the log; made if it is missing. Several processes may open it. */
  readonly path: string;
  /** Milliseconds between looks for other processes' commits; default 50. */
  readonly pollIntervalMs?: number;
  /** Clock of retention and tombstones, milliseconds since the epoch. */
  readonly now?: () => number;
  /** Milliseconds between a group member's heartbeats; default 1,000. */
  readonly heartbeatIntervalMs?: number;
  /** Milliseconds without heartbeat after which a member has left; default 6,000. */
  readonly sessionTimeoutMs?: number;
  /** Milliseconds a tombstone stays after its first compaction; default one day. */
  readonly deleteRetentionMs?: number;
  /**
   * Milliseconds without writes of other processes after which members that read with their writer read ahead of the disk;
   * default 10,000. A write of another process that comes in between makes them begin again.
   */
  readonly calmMs?: number;
}

/**
 * A partitioned log in a directory (LMDB). What a commit wrote is on disk when it resolves, and nobody sees it before but
 * members that read with their writer.
 * @throws LogError LOG_CORRUPT, LOG_UNAVAILABLE
 */
export async function openEmbeddedEventLog(options: EmbeddedEventLogOptions): Promise<EventLog> {
  const storage = openLmdbStorage(options.path, options.pollIntervalMs ?? 50, options.calmMs ?? 10_000);
  return openStoredEventLog(storage, options.path, {
    heartbeatInterval: options.heartbeatIntervalMs ?? DEFAULT_SETTINGS.heartbeatInterval,
    sessionTimeout: options.sessionTimeoutMs ?? DEFAULT_SETTINGS.sessionTimeout,
    deleteRetentionMs: options.deleteRetentionMs ?? DEFAULT_SETTINGS.deleteRetentionMs,
    now: options.now ?? DEFAULT_SETTINGS.now,
  });
}
