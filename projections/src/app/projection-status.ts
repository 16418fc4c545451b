import type { EventLog, Offset } from '@order-flow/event-log';

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

/** Follows one collection's positions. */
export class ProjectionProgress {
  #positions: readonly Offset[] = [];
  #newest = 0;
  #movedAt = Date.now();

  constructor(
    readonly log: EventLog,
    readonly name: string,
    readonly collection: string,
    readonly topics: readonly string[],
  ) {}

  progressed(positions: readonly Offset[], newest: number): void {
    this.#positions = positions;
    this.#newest = Math.max(this.#newest, newest);
    this.#movedAt = Date.now();
  }

  async status(): Promise<ProjectionStatus> {
    const ends = await Promise.all(
      this.topics.map(async (topic) => (await this.log.admin.partitions(topic)).map((info) => ({ topic, ...info }))),
    );
    const at = new Map(this.#positions.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
    const lag = ends
      .flat()
      .reduce((sum, { topic, partition, end, begin }) => sum + end - (at.get(`${topic}/${partition}`) ?? begin), 0);
    const stuck = lag > 0 && Date.now() - this.#movedAt > STUCK_AFTER_MS;
    const state = lag === 0 ? 'CAUGHT_UP' : stuck ? 'STUCK' : 'BEHIND';
    const lagSeconds = lag === 0 || this.#newest === 0 ? 0 : Math.max(0, (Date.now() - this.#newest) / 1000);
    return { name: this.name, collection: this.collection, state, lag, lagSeconds };
  }
}
