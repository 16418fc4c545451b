import type { EventLog, GroupName, Offset } from '@order-flow/event-log';
import { sleep } from '@order-flow/service-kit';

/** Offsets may lag: a command that comes again finds itself in the stream. */
const COMMIT_EVERY_MS = 250;
const TRIM_EVERY_MS = 60_000;

/**
 * How far a group's member has come. It commits that now and then, and deletes what lies below, which nobody will read
 * again: the topic holds work, not history.
 */
export class HandledOffsets {
  readonly #uncommitted = new Map<number, Offset>();
  readonly #untrimmed = new Map<number, Offset>();
  #trimmedAt = performance.now();

  /** @param trimEveryMs between two deletions */
  constructor(
    readonly log: EventLog,
    readonly group: GroupName,
    readonly trimEveryMs = TRIM_EVERY_MS,
  ) {}

  /** Everything below the offset is handled. */
  reached(offset: Offset): void {
    this.#uncommitted.set(offset.partition, offset);
  }

  /** Commits until the signal, and once more after it. @throws LogError */
  async keepCommitting(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(COMMIT_EVERY_MS, signal);
      await this.#commit();
      await this.#trim();
    }
    // What was handled while the last commit was under way.
    await this.#commit();
  }

  async #commit(): Promise<void> {
    const offsets = [...this.#uncommitted.values()];
    if (offsets.length === 0) return;
    this.#uncommitted.clear();
    await this.log.admin.commitOffsets({ group: this.group, offsets });
    for (const offset of offsets) this.#untrimmed.set(offset.partition, offset);
  }

  /** What is not deleted now is deleted next time. */
  async #trim(): Promise<void> {
    if (this.#untrimmed.size === 0 || performance.now() - this.#trimmedAt < this.trimEveryMs) return;
    this.#trimmedAt = performance.now();
    const before = [...this.#untrimmed.values()];
    this.#untrimmed.clear();
    await this.log.admin.deleteRecords(before).catch(() => undefined);
  }
}
