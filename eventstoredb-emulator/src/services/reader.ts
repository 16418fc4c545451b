import type { ServerWritableStream } from '@grpc/grpc-js';
import type { Streams } from '../protocol/generated.js';

export type ReadCall = ServerWritableStream<Streams.ReadReq, Streams.ReadResp>;

/** The client at the other end of a read. It is written to as fast as it takes, and no faster. */
export class Reader {
  /** Aborted when the client has gone, or the server ends the call. */
  readonly signal: AbortSignal;
  readonly #call: ReadCall;
  readonly #gone = new AbortController();

  constructor(call: ReadCall) {
    this.#call = call;
    this.signal = this.#gone.signal;
    for (const end of ['cancelled', 'close', 'error']) call.once(end, () => this.#gone.abort());
  }

  leave(): void {
    this.#gone.abort();
  }

  /** Resolves when there is room for more; false when nobody reads any more. */
  async send(response: Streams.ReadResp): Promise<boolean> {
    if (this.signal.aborted) return false;
    if (!this.#call.write(response)) await this.#drained();
    return !this.signal.aborted;
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        this.#call.off('drain', go);
        this.signal.removeEventListener('abort', go);
        resolve();
      };
      this.#call.on('drain', go);
      this.signal.addEventListener('abort', go);
    });
  }
}
