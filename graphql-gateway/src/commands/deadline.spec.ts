import { describe, expect, it } from '@jest/globals';
import { DeadlineExceeded, withDeadline } from './deadline.js';

const never = new Promise<never>(() => undefined);

describe('a deadline', () => {
  it('passes on what the work gives in time, and leaves its signal alone', async () => {
    let signal: AbortSignal | undefined;
    const done = await withDeadline(60_000, async (given) => {
      signal = given;
      return 'done';
    });
    expect(done).toBe('done');
    expect(signal?.aborted).toBe(false);
  });

  it('passes on what the work throws', async () => {
    const failing = withDeadline(60_000, () => Promise.reject(new RangeError('no')));
    await expect(failing).rejects.toThrow(RangeError);
  });

  it('ends late work by its signal, and does not wait for it', async () => {
    let signal: AbortSignal | undefined;
    const late = withDeadline(1, (given) => {
      signal = given;
      return never;
    });
    await expect(late).rejects.toThrow(DeadlineExceeded);
    expect(signal?.aborted).toBe(true);
  });

  it('is the cause also where the work fails because of its signal', async () => {
    const late = withDeadline(
      1,
      (signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('ended')))),
    );
    await expect(late).rejects.toThrow(DeadlineExceeded);
  });
});
