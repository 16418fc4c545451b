import { setMaxListeners } from 'node:events';
import { Attention } from '../../attention.js';
import type { LogError } from '../../port.js';
import type { Holding } from './group-protocol.js';

export interface Tenure {
  readonly slices: readonly number[];
  /** Aborted when the slices change, may have been given away, or the member left. */
  readonly signal: AbortSignal;
}

interface Held {
  readonly slices: readonly number[];
  readonly controller: AbortController;
  handedOut: boolean;
}

interface Doubt {
  readonly since: number;
  settle(proven: boolean): void;
}

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((slice, index) => slice === b[index]);

/** What a member owns over time: tenures follow each other, and each lasts as long as its slices stay the same. */
export class Tenures {
  readonly #attention = new Attention();
  readonly #doubts = new Set<Doubt>();
  #held: Held | undefined;
  #holding: Holding = { slices: [], generation: 0 };
  #failure: LogError | undefined;
  #ended = false;

  /** What the leader of the group is told. */
  get holding(): Holding {
    return this.#holding;
  }

  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /** A new generation's assignment, asked for at `begun`. The same slices go on undisturbed. */
  assign(holding: Holding, begun: number): void {
    this.#holding = holding;
    if (this.#held && same(this.#held.slices, holding.slices)) {
      this.prove(begun);
      return;
    }
    this.lose();
    this.#holding = holding;
    const controller = new AbortController();
    // Each slice's owner and reader listens.
    setMaxListeners(0, controller.signal);
    this.#held = { slices: holding.slices, controller, handedOut: false };
    this.#attention.notify();
  }

  /** What is held may be another's from now on. */
  lose(): void {
    this.#held?.controller.abort();
    this.#held = undefined;
    this.#holding = { slices: [], generation: 0 };
    for (const doubt of this.#doubts) doubt.settle(false);
    this.#doubts.clear();
  }

  fail(error: LogError): void {
    this.#failure = error;
    this.end();
  }

  end(): void {
    this.#ended = true;
    this.lose();
    this.#attention.notify();
  }

  /** The coordinator answered a request begun at `begun` as to a member. */
  prove(begun: number): void {
    for (const doubt of this.#doubts) {
      if (doubt.since > begun) continue;
      this.#doubts.delete(doubt);
      doubt.settle(true);
    }
  }

  /** Whether somebody waits for a proof later than `begun`. */
  isAsked(begun: number): boolean {
    return [...this.#doubts].some(({ since }) => since > begun);
  }

  /** True once there is a proof begun at `since` or later; false when the tenure of the signal ends before. */
  proofAfter(since: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((settle) => this.#doubts.add({ since, settle }));
  }

  /** The tenure to hand out next, the newest one; undefined at the end. @throws LogError what ended the membership */
  async next(signal: AbortSignal): Promise<Tenure | undefined> {
    while (!this.#ended && !signal.aborted) {
      const held = this.#held;
      if (held && !held.handedOut) {
        held.handedOut = true;
        return { slices: held.slices, signal: held.controller.signal };
      }
      await this.#attention.wait(signal);
    }
    if (this.#failure) throw this.#failure;
    return undefined;
  }
}
