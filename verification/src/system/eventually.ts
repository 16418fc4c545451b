import { setTimeout as delay } from 'node:timers/promises';

/** Looks again and again until there is an answer. @throws Error naming what did not come within 90 s */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>, withinMs = 90_000): Promise<T> {
  for (const deadline = Date.now() + withinMs; Date.now() < deadline;) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    await delay(50);
  }
  throw new Error(`${what} did not come within ${withinMs / 1_000} s`);
}
