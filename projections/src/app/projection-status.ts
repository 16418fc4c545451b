import type { Offset } from '@order-flow/event-log';
import type { Checkpoints } from './checkpoints.js';
import { placeOf } from './held-records.js';

/** How a projection does. BEHIND: it works off a backlog. STUCK: there is a backlog and nothing moved for 30 s. */
export interface ProjectionStatus {
  readonly name: string;
  readonly collection: string;
  readonly state: 'CAUGHT_UP' | 'BEHIND' | 'STUCK';
  /** Records in its sources that are not folded yet. */
  readonly lag: number;
  /** Seconds since the newest folded event, while there is a backlog; else 0. */
  readonly lagSeconds: number;
}

const STUCK_AFTER_MS = 30_000;

/**
 * Follows one collection's positions: what this instance folds as it goes, what others fold as their checkpoints say, so
 * that any instance tells of the whole.
 */
export class ProjectionProgress {
  #positions: readonly Offset[] = [];
  #newest = 0;
  #movedAt = performance.now();
  #reached = 0;

  constructor(
    readonly checkpoints: Checkpoints,
    readonly name: string,
    readonly topics: readonly string[],
  ) {}

  progressed(positions: readonly Offset[], newest: number): void {
    this.#positions = positions;
    this.#newest = Math.max(this.#newest, newest);
  }

  async status(): Promise<ProjectionStatus> {
    const { log, collection } = this.checkpoints;
    const ends = await Promise.all(
      this.topics.map(async (topic) => (await log.admin.partitions(topic)).map((info) => ({ topic, ...info }))),
    );
    const known = new Map<string, number>();
    // without the read store, what this instance folds is known all the same
    for (const each of [...(await this.checkpoints.saved().catch(() => [])), ...this.#positions])
      known.set(placeOf(each), Math.max(each.offset, known.get(placeOf(each)) ?? 0));
    const reached = ends.flat().map((info) => ({ end: info.end, offset: known.get(placeOf(info)) ?? info.begin }));
    const lag = reached.reduce((sum, { end, offset }) => sum + Math.max(0, end - offset), 0);
    this.#moved(reached.reduce((sum, { offset }) => sum + offset, 0));
    const stuck = lag > 0 && performance.now() - this.#movedAt > STUCK_AFTER_MS;
    const state = lag === 0 ? 'CAUGHT_UP' : stuck ? 'STUCK' : 'BEHIND';
    const lagSeconds = lag === 0 || this.#newest === 0 ? 0 : Math.max(0, (Date.now() - this.#newest) / 1000);
    return { name: this.name, collection, state, lag, lagSeconds };
  }

  #moved(reached: number): void {
    if (reached === this.#reached) return;
    this.#reached = reached;
    this.#movedAt = performance.now();
  }
}
