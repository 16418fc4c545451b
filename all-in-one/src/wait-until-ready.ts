import { setTimeout as delay } from 'node:timers/promises';

/**
 * Polls `/health/ready` of every service.
 * @throws Error naming the services and their parts that are not up when the time is over
 */
export async function waitUntilReady(urls: Readonly<Record<string, string>>, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const reports = await Promise.all(
      Object.entries(urls).map(async ([name, url]) => {
        try {
          const response = await fetch(`${url}/health/ready`);
          return response.ok ? undefined : `${name}: ${await response.text()}`;
        } catch (error) {
          return `${name} at ${url}: ${String((error as Error).cause ?? error)}`;
        }
      }),
    );
    const waiting = reports.filter((report) => report !== undefined);
    if (waiting.length === 0) return;
    if (performance.now() > deadline) throw new Error(`not ready after ${timeoutMs / 1000} s: ${waiting.join('; ')}`);
    await delay(20);
  }
}
