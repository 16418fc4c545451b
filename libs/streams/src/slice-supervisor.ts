import { setTimeout as delay } from 'node:timers/promises';
import type { OwnershipEpoch } from '@order-flow/event-log';
import { StreamsError } from './errors.js';
import { PauseGate } from './pause.js';
import { Slice, type SliceStatus } from './slice.js';
import type { SliceContext } from './slice-context.js';

const MAX_DELAY_MS = 5_000;
/** A slice that ran for longer starts again without the memory of earlier failures. */
const STEADY_MS = 60_000;

/** Milliseconds before the attempt after the given one: exponential, the upper half of it random. */
const backoff = (attempt: number): number =>
  Math.min(MAX_DELAY_MS, 20 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2);

const codeOf = (error: unknown): string => (error instanceof StreamsError ? error.code : '');
const isTooMany = (error: unknown): boolean => codeOf(error) === 'TOO_MANY_DEAD_LETTERS';
/** Something wrote what cannot be committed. If it was a record, the next instance finds it, and parks it. */
const isUncommittable = (error: unknown): boolean => ['VALUE_TOO_LARGE', 'VALUE_MISFIT'].includes(codeOf(error));

/**
 * Keeps one slice running while an epoch lasts, and through several that give it to this process one after the other.
 * Whatever ends an instance, its outcome is unknown; so the next one begins from what is committed. It begins only once
 * the group has said, after the failure, that the slice is still owned: what fenced the instance may be its rightful
 * owner, and fencing that one in turn would only delay it.
 */
export class SliceSupervisor {
  readonly #context: Omit<SliceContext, 'careful' | 'resumed'>;
  readonly #stuck = new PauseGate();
  #instance: Slice | undefined;
  /** Somebody let it go on after too many dead letters. Until a new count is committed, each instance would find the old one. */
  #resumed = false;

  constructor(context: Omit<SliceContext, 'careful' | 'resumed'>) {
    this.#context = context;
  }

  get instance(): Slice | undefined {
    return this.#instance;
  }

  status(): SliceStatus {
    return this.#instance?.status() ?? { slice: this.#context.slice, state: 'restoring', lag: 0, parked: 0 };
  }

  /** Lets a slice that stands still after too many dead letters try again. */
  resume(): void {
    this.#resumed ||= !this.#stuck.open;
    this.#stuck.resume();
  }

  async run(epoch: OwnershipEpoch): Promise<void> {
    let failedWith: unknown;
    for (let attempt = 1; !epoch.signal.aborted; attempt++) {
      const startedAt = performance.now();
      const careful = isUncommittable(failedWith);
      try {
        await this.#runInstance(epoch, careful);
      } catch (error) {
        failedWith = error;
        if (performance.now() - startedAt > STEADY_MS) attempt = 1;
        // One that looked for a record, and found none, has a punctuation that will write the same again.
        const wait = isUncommittable(error) && !careful ? 0 : backoff(attempt);
        await this.#beforeNext(epoch, wait, error as Error);
      }
    }
  }

  async #runInstance(epoch: OwnershipEpoch, careful: boolean): Promise<void> {
    const instance = new Slice({ ...this.#context, careful, resumed: () => this.#resumed });
    this.#instance = instance;
    await instance.run(epoch).finally(() => {
      if (instance.hasCommitted) this.#resumed = false;
    });
  }

  /** Waits until the slice may start again, or the epoch has ended. @param wait milliseconds */
  async #beforeNext(epoch: OwnershipEpoch, wait: number, error: Error): Promise<void> {
    const { slice, observer } = this.#context;
    const { signal } = epoch;
    if (signal.aborted) return;
    observer.failed?.(slice, error, Math.round(wait));
    if (isTooMany(error)) {
      this.#stuck.pause();
      observer.paused?.(slice, error.message);
      await this.#stuck.passed(signal);
    } else await delay(wait, undefined, { signal }).catch(() => undefined);
    await epoch.confirm();
  }
}
