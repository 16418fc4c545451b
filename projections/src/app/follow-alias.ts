import { ALIAS_CACHE_MS, type ReadModelAlias, readModelAlias } from '@order-flow/read-store';
import { type Readiness, sleep, supervise } from '@order-flow/service-kit';
import type { Projection } from '../domain/projection.js';
import { Checkpoints } from './checkpoints.js';
import type { ProjectionRun } from './projection-run.js';
import { ProjectionProgress, type ProjectionStatus } from './projection-status.js';
import { runProjection } from './run-projection.js';

/**
 * How long a collection that served goes on sending signals. A rebuild folds into the new one until the runners have
 * noticed the switch, and sends none.
 */
const HANDOVER_MS = ALIAS_CACHE_MS * 10;

export interface FollowAlias extends Omit<ProjectionRun, 'collection' | 'changed' | 'progressed'> {
  readonly readiness: Readiness;
  readonly changed: ProjectionRun['changed'];
  readonly folded: (collection: string, events: number) => void;
}

interface Folding {
  /** Tells readiness how it does, if it is the one that serves. */
  readonly tell: () => void;
  readonly stop: () => Promise<void>;
  readonly progress: ProjectionProgress;
}

/**
 * Keeps the collections of a read model up to date: the one its alias names, and the previous one until it is dropped.
 * Only the present one is waited for: the previous one may be what a rebuild was to replace. The present one sends change
 * signals, and for a while the one before it. Runs until the signal.
 */
export function followAlias(
  options: FollowAlias,
  signal: AbortSignal,
): { done: Promise<void>; statuses: () => Promise<ProjectionStatus[]> } {
  const running = new Map<string, Folding>();
  let present = '';
  const heardUntil = new Map<string, number>();

  const start = (collection: string): Folding => {
    const { projection, log, readStore, readiness, logger } = options;
    const controller = new AbortController();
    const progress = new ProjectionProgress(
      new Checkpoints(readStore, log, collection),
      projection.name,
      topicsOf(projection),
    );
    const run: ProjectionRun = {
      ...options,
      collection,
      changed: (signals) => {
        if (collection === present || performance.now() < (heardUntil.get(collection) ?? 0)) options.changed(signals);
      },
      started: (positions) => progress.progressed(positions, 0),
      progressed: (events, positions, newest) => {
        progress.progressed(positions, newest);
        options.folded(collection, events);
      },
    };
    let cause: string | undefined;
    const tell = (): void => {
      if (collection !== present) readiness.forget(collection);
      else if (cause === undefined) readiness.up(collection);
      else readiness.down(collection, cause);
    };
    const told = (now?: string): void => {
      cause = now;
      tell();
    };
    const done = supervise(collection, (...lifetime) => runProjection(run, ...lifetime), {
      signal: controller.signal,
      logger,
      readiness: { up: () => told(), down: (_part, why) => told(why) },
    });
    const stop = async () => {
      controller.abort();
      await done;
      readiness.forget(collection);
    };
    return { tell, stop, progress };
  };

  let away = false;
  /** Undefined while the read store does not answer: what is folded then stays. */
  const currentAlias = async (): Promise<ReadModelAlias | undefined> => {
    const { readStore, projection, logger } = options;
    try {
      const alias = await readModelAlias(readStore, projection.name);
      away = false;
      return alias;
    } catch (error) {
      if (!away) logger.warn({ err: error }, `which collection serves ${projection.name} cannot be asked; trying on`);
      away = true;
      return undefined;
    }
  };

  const change = async (alias: ReadModelAlias): Promise<void> => {
    const wanted = [alias.collection, ...(alias.previous ? [alias.previous] : [])];
    if (present !== '' && present !== alias.collection) heardUntil.set(present, performance.now() + HANDOVER_MS);
    present = alias.collection;
    for (const collection of wanted) if (!running.has(collection)) running.set(collection, start(collection));
    for (const folding of running.values()) folding.tell();
    for (const [collection, folding] of running) {
      if (wanted.includes(collection)) continue;
      running.delete(collection);
      heardUntil.delete(collection);
      await folding.stop();
    }
  };

  const follow = async (): Promise<void> => {
    while (!signal.aborted) {
      const alias = await currentAlias();
      if (alias) await change(alias);
      await sleep(ALIAS_CACHE_MS, signal);
    }
    await Promise.all([...running.values()].map((folding) => folding.stop()));
  };

  return {
    done: follow(),
    statuses: () => Promise.all([...running.values()].map(({ progress }) => progress.status())),
  };
}

const topicsOf = (projection: Projection): string[] => projection.sources.map(({ name }) => name);
