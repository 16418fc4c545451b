import type { EventEmitter } from 'node:events';
import { unavailable } from './protocol/failure.js';

/** Calls without an end of their own: batch streams and subscriptions. They are ended when the server stops. */
export class OpenCalls {
  readonly #calls = new Map<EventEmitter, () => Promise<void>>();

  /** `finish` completes what the call has taken in. Returns what to call when the call has ended. */
  add(call: EventEmitter, finish: () => Promise<void>): () => void {
    this.#calls.set(call, finish);
    return () => void this.#calls.delete(call);
  }

  /** Lets every call finish its work, then ends it as a server that goes away does. */
  async end(): Promise<void> {
    const calls = [...this.#calls];
    this.#calls.clear();
    await Promise.all(
      calls.map(async ([call, finish]) => {
        await finish();
        call.emit('error', unavailable());
      }),
    );
  }
}
