import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { silentLogger } from '@order-flow/service-kit';
import { openRedisCoordination } from '../redis/redis-coordination.js';
import type { RedisTiming } from '../redis/timing.js';

/*
 * An instance in a process of its own, that a test kills and freezes: registers instances of the command service, or
 * holds a lease, and prints what becomes of that.
 */
const [url = '', timing = '{}', what = '', ...names] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const coordination = await openRedisCoordination(url, silentLogger(), JSON.parse(timing) as Partial<RedisTiming>);

if (what === 'register') {
  const registrations = await Promise.all(
    names.map((id) =>
      coordination.directory.register({ service: 'command-service', id, url: `http://127.0.0.1:1/${id}` }),
    ),
  );
  say('registered');
  for await (const line of createInterface(process.stdin)) {
    if (line === 'drain') await Promise.all(registrations.map((registration) => registration.drain()));
    say(`did ${line}`);
  }
} else {
  const [name = ''] = names;
  const lease = await coordination.leases.acquire(name, { signal: new AbortController().signal, ttlMs: 1_000 });
  say(`holds ${lease.token}`);
  await once(lease.lost, 'abort');
  say('lost');
}
await coordination.close();
