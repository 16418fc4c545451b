import { randomUUID } from 'node:crypto';
import { machineClock } from '../machine-clock.js';
import { readState } from '../records/partition-state.js';
import type { LogStorage } from '../storage/log-storage.js';
import type { KnownTopic, Topics } from '../topics.js';
import { compact, type CompactionSettings } from './compaction.js';
import { expire, removeObsolete } from './deletion.js';

/** A partition is compacted when it has so many new records, and more than it has compacted ones. */
const MIN_DIRTY_RECORDS = 20_000;
/** Milliseconds. */
const CHECK_INTERVAL = 5_000;
const RETENTION_INTERVAL = 60_000;
const LEASE = 60_000;

/** Applies retention and compaction, one pass after the other. */
export class Cleaner {
  readonly #storage: LogStorage;
  readonly #topics: Topics;
  readonly #settings: CompactionSettings;
  readonly #stopped = new AbortController();
  readonly #id = randomUUID();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #busy = false;
  #retentionDue = -Infinity;

  constructor(storage: LogStorage, topics: Topics, settings: CompactionSettings) {
    this.#storage = storage;
    this.#topics = topics;
    this.#settings = { ...settings, signal: this.#stopped.signal };
  }

  /** Cleans from time to time what is worth it, unless another process does. */
  start(): void {
    this.#timer = setInterval(() => {
      // A pass that the storage refuses is tried again later; nothing depends on when it is done.
      if (!this.#busy) void this.#inTurn(() => this.#cleanDue()).catch(() => undefined);
    }, CHECK_INTERVAL).unref();
  }

  /** Cleans everything now. */
  clean(): Promise<void> {
    return this.#inTurn(async () => {
      for (const { topic, name } of this.#partitions()) await this.#cleanPartition(topic, name);
    });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped.abort();
    await this.#running.catch(() => undefined);
  }

  #inTurn(pass: () => Promise<void>): Promise<void> {
    const run = async (): Promise<void> => {
      if (this.#stopped.signal.aborted) return;
      this.#busy = true;
      await pass().finally(() => (this.#busy = false));
    };
    this.#running = this.#running.then(run, run);
    return this.#running;
  }

  *#partitions(): Iterable<{ topic: KnownTopic; name: string }> {
    for (const { name } of this.#topics.all()) {
      const topic = this.#topics.get(name);
      for (const partition of topic.partitionNames) {
        if (this.#stopped.signal.aborted) return;
        yield { topic, name: partition };
      }
    }
  }

  async #cleanPartition(topic: KnownTopic, name: string): Promise<void> {
    await removeObsolete(this.#storage, name);
    if (topic.cleanup === 'compact') await compact(this.#storage, name, this.#settings);
    else if (topic.retentionMs >= 0) await expire(this.#storage, name, this.#settings.now() - topic.retentionMs);
  }

  async #cleanDue(): Promise<void> {
    const retention = machineClock() >= this.#retentionDue;
    if (retention) this.#retentionDue = machineClock() + RETENTION_INTERVAL;
    for (const { topic, name } of this.#partitions()) {
      const due = topic.cleanup === 'compact' ? this.#isDirty(name) : retention && topic.retentionMs >= 0;
      if (!due) continue;
      if (!(await this.#acquireLease())) return;
      await this.#cleanPartition(topic, name);
    }
  }

  #isDirty(name: string): boolean {
    const { end, begin, cleanedTo, cleanedCount, tombstonesDue } = readState(this.#storage, name);
    const dirty = end - Math.max(begin, cleanedTo);
    return dirty > Math.max(MIN_DIRTY_RECORDS, cleanedCount) || tombstonesDue <= this.#settings.now();
  }

  #acquireLease(): Promise<boolean> {
    return this.#storage.transaction(() => {
      const held = this.#storage.get('cleaning', 'lease')?.toString().split(' ');
      const now = machineClock();
      const left = Number(held?.[1]) - now;
      // One that lasts for longer than any is of a former start of the machine.
      if (held && held[0] !== this.#id && left > 0 && left <= LEASE) return false;
      this.#storage.put('cleaning', 'lease', Buffer.from(`${this.#id} ${now + LEASE}`));
      return true;
    });
  }
}
