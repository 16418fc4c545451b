import type { LiveStream } from './live-stream.js';

/** The stream with each value translated; undefined is left out, and an error of the translation ends it. */
export function mapStream<T, U>(
  stream: LiveStream<T>,
  translate: (value: T) => U | undefined,
): AsyncIterableIterator<U> {
  const done: IteratorReturnResult<undefined> = { done: true, value: undefined };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next(): Promise<IteratorResult<U>> {
      try {
        for (;;) {
          const next = await stream.next();
          if (next.done) return done;
          const value = translate(next.value);
          if (value !== undefined) return { done: false, value };
        }
      } catch (error) {
        stream.close();
        throw error;
      }
    },
    async return() {
      stream.close();
      return done;
    },
    async throw(error: unknown) {
      stream.close();
      throw error;
    },
  };
}
