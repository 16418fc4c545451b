/** The work was not done in time. It was told so by its signal, and may or may not have taken effect. */
export class DeadlineExceeded extends Error {
  constructor(readonly milliseconds: number) {
    super(`not done within ${milliseconds} ms`);
    this.name = 'DeadlineExceeded';
  }
}

/**
 * Runs work that has to be done in time. Its signal is aborted only when it is late: aborting it after each success, as
 * cockatiel's timeout does, costs more than the rest of a command's way through the policies.
 * @throws DeadlineExceeded at once when the time is over, however long the work goes on; whatever the work throws
 */
export async function withDeadline<T>(milliseconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new DeadlineExceeded(milliseconds));
      late.abort();
    }, milliseconds);
  });
  try {
    return await Promise.race([work(late.signal), expired]);
  } finally {
    clearTimeout(timer);
  }
}
