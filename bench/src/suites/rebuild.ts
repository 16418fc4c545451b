import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { median } from '../median.js';
import { repositoryRoot } from '@order-flow/all-in-one';
import type { Suite } from '../suite.js';
import { OrderLoad } from './order-load.js';
import { withPlatform } from './orders.js';

const ORDERS = 20_000;

const Progress = z.looseObject({
  event: z.literal('progress'),
  done: z.number(),
  total: z.number(),
  eventsPerSecond: z.number(),
});

/** One run of the rebuild program. @returns its last rate and how many records it read */
async function rebuild(dataDir: string): Promise<{ eventsPerSecond: number; records: number }> {
  const args = ['scripts/run.mjs', 'rebuild', 'orders', '--json', '--data-dir', dataDir];
  const child = spawn(process.execPath, args, { cwd: repositoryRoot(), stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let last = { eventsPerSecond: NaN, records: 0 };
  for await (const line of createInterface({ input: child.stdout })) {
    const progress = line.startsWith('{') ? Progress.safeParse(JSON.parse(line)) : undefined;
    if (progress?.success) last = { eventsPerSecond: progress.data.eventsPerSecond, records: progress.data.done };
  }
  const [code] = (await exited) as [number | null];
  if (code !== 0) throw new Error(`npm run rebuild ended with ${code ?? 'a signal'}`);
  return last;
}

/** Rebuilds the orders of 20,000 while the platform serves, without other load. */
export const rebuildSuite: Suite = (run) =>
  withPlatform(run, async (platform, ready) => {
    const load = await OrderLoad.open(ready);
    run.say(`placing ${ORDERS} orders`);
    await load.throughput('commands', ORDERS);
    await load.close();
    const rates: number[] = [];
    for (let count = 0; count < run.runs; count += 1) {
      const { eventsPerSecond, records } = await rebuild(platform.dataDir);
      run.say(`  ${records} records, ${Math.round(eventsPerSecond)} events/s`);
      rates.push(eventsPerSecond);
    }
    return [
      {
        name: 'projection "orders", while it serves',
        value: median(rates),
        unit: 'events/s',
        target: { atLeast: 20_000 },
      },
    ];
  });
