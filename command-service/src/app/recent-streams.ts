import { BoundedMap } from '@order-flow/service-kit';

/** What a command came to. */
export interface Answer<State> {
  readonly inputHash: unknown;
  readonly state: State;
  /** The stream's revision + 1. */
  readonly version: number;
}

/** A stream as it stood once. */
export interface StreamState<State> {
  readonly state: State;
  /** The stream's revision + 1; 0 for one that is not there. */
  readonly version: number;
  /** By the ids of the commands that are in it. */
  readonly answers: ReadonlyMap<string, Answer<State>>;
}

/**
 * The streams that this process appended to last, each as its last append left it; beyond a limit the longest unused is
 * forgotten. Others append too, so what is here may be out of date: good to build an append on, which the store refuses
 * then, and for nothing else.
 */
export class RecentStreams<State> extends BoundedMap<string, StreamState<State>> {
  /** A stream that is asked for is used. */
  override get(stream: string): StreamState<State> | undefined {
    const found = super.get(stream);
    if (found) this.set(stream, found);
    return found;
  }
}
