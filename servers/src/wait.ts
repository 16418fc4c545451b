import { sleep } from '@order-flow/service-kit';

const PAUSE_MS = 50;

/** Asks again and again until the answer is yes, at most for so many milliseconds; the last answer. */
export async function holdsWithin(ms: number, condition: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + ms;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() > deadline) return false;
    await sleep(PAUSE_MS);
  }
}
