import { connect } from 'node:net';
import { type RunningRedis, startRedis } from '@order-flow/servers';
import { createLogger, silentLogger } from '@order-flow/service-kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ids, instance, untilUp } from '../contract/directory.contract.js';
import { eventually } from '../contract/fixture.js';
import { want } from '../contract/leases.contract.js';
import { listen, untilHeard } from '../contract/signals.contract.js';
import type { Coordination } from '../coordination.js';
import { openCoordination } from '../open-coordination.js';
import { mutedLink } from '../testing/muted-link.js';
import { type Participant, startParticipant } from '../testing/participant-process.js';
import { keys } from './keys.js';
import { openRedisCoordination } from './redis-coordination.js';
import type { RedisTiming } from './timing.js';

const QUICK: Partial<RedisTiming> = { heartbeat: 200, ttl: 2_000, hold: 4_000, answer: 500 };
const HOUR = 3_600_000;
const never = new AbortController().signal;

let redis: RunningRedis;
let ending: (() => Promise<void>)[];
beforeEach(async () => {
  ending = [];
  redis = await startRedis();
});
afterEach(async () => {
  await redis.resume();
  for (const end of ending.reverse()) await end();
  await redis.down();
});

async function open(timing = QUICK): Promise<Coordination> {
  const coordination = await openRedisCoordination(redis.url, silentLogger(), timing);
  ending.push(() => coordination.close());
  return coordination;
}

function participant(...what: readonly ['register' | 'lease', ...string[]]): Participant {
  const started = startParticipant(redis.url, QUICK, ...what);
  ending.push(() => started.kill());
  return started;
}

const away = (coordination: Coordination): Promise<void> =>
  eventually(() =>
    coordination.ping().then(
      () => false,
      () => true,
    ),
  );
const answering = (coordination: Coordination): Promise<void> =>
  eventually(() =>
    coordination.ping().then(
      () => true,
      () => false,
    ),
  );

/** Time that a lease needs to run out, or in which something must not happen. */
const elapse = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends a command in the protocol's plain form. */
const send = (url: string, line: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(`${line}\r\n`));
    socket.once('error', reject);
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString());
    });
  });

describe('the directory', () => {
  it('loses nobody when Redis is killed and comes back empty, and everybody registers anew', async () => {
    const [one, other] = [await open(), await open()];
    for (const id of ['a', 'b']) await one.directory.register(instance(id));
    await untilUp(other.directory, 'a', 'b');
    const seen: string[] = [];
    other.directory.watch(() => seen.push(ids(other.directory.all()).join()));
    await redis.kill();
    await away(other);
    expect(ids(other.directory.instances('command-service'))).toEqual(['a', 'b']);
    await redis.start();
    await answering(one);
    // one that never knew them learns them from Redis alone
    const newcomer = await open();
    await untilUp(newcomer.directory, 'a', 'b');
    const before = other.directory.all()[0]!.lastHeartbeatAt;
    await eventually(() => other.directory.all()[0]!.lastHeartbeatAt > before);
    await elapse(QUICK.ttl! + 500);
    expect(ids(newcomer.directory.all())).toEqual(['a', 'b']);
    expect(seen).toEqual([]);
  });

  it('keeps for a ttl those who do not come back to an empty Redis', async () => {
    const one = await open();
    await one.directory.register(instance('a'));
    const gone = participant('register', 'b');
    await untilUp(one.directory, 'a', 'b');
    await redis.kill();
    await gone.kill();
    await redis.start();
    await answering(one);
    const back = performance.now();
    expect(ids(one.directory.all())).toEqual(['a', 'b']);
    await untilUp(one.directory, 'a');
    expect(performance.now() - back).toBeGreaterThan(QUICK.ttl! - 500);
  });

  it('takes what is said while Redis is away when it is back', async () => {
    const [one, other] = [await open(), await open()];
    const drained = await one.directory.register(instance('drained'));
    const removed = await one.directory.register(instance('removed'));
    await untilUp(other.directory, 'drained', 'removed');
    await redis.kill();
    await away(one);
    await drained.drain();
    await removed.remove();
    await one.directory.register(instance('late'));
    await redis.start();
    await untilUp(one.directory, 'late');
    await untilUp(other.directory, 'late');
    expect(one.directory.all().find(({ id }) => id === 'drained')?.status).toBe('DRAINING');
    expect(ids(one.directory.all())).not.toContain('removed');
    await eventually(() => !ids(other.directory.all()).includes('removed'));
  });

  it('loses nobody when Redis hangs for longer than a ttl', async () => {
    const [one, other] = [await open(), await open()];
    for (const id of ['a', 'b']) await one.directory.register(instance(id));
    await untilUp(other.directory, 'a', 'b');
    const seen: string[] = [];
    other.directory.watch(() => seen.push(ids(other.directory.all()).join()));
    await redis.pause();
    await away(other);
    await elapse(QUICK.ttl! * 1.5);
    expect(ids(other.directory.instances('command-service'))).toEqual(['a', 'b']);
    await redis.resume();
    await answering(other);
    await elapse(QUICK.ttl! * 1.5);
    expect(ids(other.directory.instances('command-service'))).toEqual(['a', 'b']);
    expect(seen).toEqual([]);
  });

  it('does not hold the time in which Redis hung against anybody', async () => {
    const one = await open();
    const alone = participant('register', 'a');
    await untilUp(one.directory, 'a');
    await elapse(QUICK.ttl!);
    const { version } = one.directory;
    // nothing of it waits in Redis' buffers
    alone.signal('SIGSTOP');
    await redis.pause();
    await elapse(QUICK.ttl! * 1.2);
    await redis.resume();
    await answering(one);
    await elapse(QUICK.ttl! / 2);
    alone.signal('SIGCONT');
    await elapse(QUICK.ttl!);
    expect([ids(one.directory.all()), one.directory.version]).toEqual([['a'], version]);
  });

  it('is told of everybody at once, not with the next heartbeat, when Redis has lost its data', async () => {
    const one = await open({ ...QUICK, heartbeat: 60_000, ttl: 240_000 });
    await one.directory.register(instance('a'));
    await redis.kill();
    await redis.start();
    const newcomer = await open();
    await untilUp(newcomer.directory, 'a');
  });

  it('forgets one that died after its ttl, in a small system too', async () => {
    const one = await open();
    await one.directory.register(instance('a'));
    const dead = participant('register', 'b');
    await untilUp(one.directory, 'a', 'b');
    // nobody expires for a ttl after the beginning
    await elapse(QUICK.ttl!);
    await dead.kill();
    const killed = performance.now();
    await elapse(QUICK.ttl! / 2);
    expect(ids(one.directory.all())).toEqual(['a', 'b']);
    await untilUp(one.directory, 'a');
    expect(performance.now() - killed).toBeLessThan(QUICK.hold!);
  });

  it('forgets one that died before the clock of Redis was set back', async () => {
    const one = await open();
    await one.directory.register(instance('a'));
    const dead = participant('register', 'b');
    await untilUp(one.directory, 'a', 'b');
    await dead.kill();
    // what a clock that was an hour ahead has written
    const ahead = Date.now() + HOUR;
    await send(redis.url, `ZADD ${keys.expiries} ${ahead} b`);
    await send(redis.url, `HSET ${keys.upkeep} seenAt ${ahead} quietUntil ${ahead}`);
    await untilUp(one.directory, 'a');
  });

  it('holds back a mass expiry, and forgets after all', async () => {
    const one = await open();
    for (const id of ['a', 'b', 'c']) await one.directory.register(instance(id));
    const dead = participant('register', 'd', 'e');
    await untilUp(one.directory, 'a', 'b', 'c', 'd', 'e');
    await elapse(QUICK.ttl!);
    await dead.kill();
    const killed = performance.now();
    await untilUp(one.directory, 'a', 'b', 'c');
    expect(performance.now() - killed).toBeGreaterThan(QUICK.hold!);
  });

  it('lets a newer self of an instance win over the older one that was frozen', async () => {
    const one = await open();
    const older = participant('register', 'a');
    await older.line(/registered/);
    await untilUp(one.directory, 'a');
    older.signal('SIGSTOP');
    await one.directory.register({ ...instance('a'), url: 'http://127.0.0.1:2' });
    const url = () => one.directory.instances('command-service')[0]?.url;
    await eventually(() => url() === 'http://127.0.0.1:2');
    older.signal('SIGCONT');
    older.tell('drain');
    await older.line(/did drain/);
    const version = one.directory.version;
    await elapse(3 * QUICK.heartbeat!);
    expect(url()).toBe('http://127.0.0.1:2');
    expect(one.directory.version).toBe(version);
  });

  it('does not let an older self take the place that the newer one has left', async () => {
    const one = await open();
    const older = participant('register', 'a');
    await older.line(/registered/);
    older.signal('SIGSTOP');
    const newer = await one.directory.register(instance('a'));
    await newer.remove();
    older.signal('SIGCONT');
    older.tell('look');
    await older.line(/did look/);
    await elapse(3 * QUICK.heartbeat!);
    expect(one.directory.all()).toEqual([]);
  });
});

describe('signals', () => {
  it('are dropped while Redis is away, and come again when it is back', async () => {
    const [one, other] = [await open(), await open()];
    const heard = listen(other.signals, 'orders');
    await untilHeard(one.signals, 'orders', heard);
    for (const [leave, comeBack] of [
      ['kill', 'start'],
      ['pause', 'resume'],
    ] as const) {
      await redis[leave]();
      for (let i = 0; i < 20_000; i++) one.signals.publish('orders', [{ id: 'lost', version: 1, revision: 1 }]);
      await away(one);
      one.signals.publish('orders', [{ id: 'never', version: 1, revision: 1 }]);
      await redis[comeBack]();
      await untilHeard(one.signals, 'orders', heard);
      expect(heard.heard.some(({ id }) => id === 'never')).toBe(false);
    }
  });

  it('that are none are dropped with a warning', async () => {
    let log = '';
    const logger = createLogger({ format: 'json', destination: { write: (line) => void (log += line) } });
    const one = await openRedisCoordination(redis.url, logger, QUICK);
    ending.push(() => one.close());
    const heard = listen(one.signals, 'orders');
    await untilHeard(one.signals, 'orders', heard);
    for (const rubbish of ['garbage', '{}', '[["x"]]', '[["x",-1,2]]', 'null'])
      expect(await send(redis.url, `PUBLISH order-flow:signals:orders '${rubbish}'`)).toMatch(/^:1/);
    await eventually(() => log.split('holds no signals').length === 6);
    await untilHeard(one.signals, 'orders', heard);
  });
});

describe('leases', () => {
  it.each(['still has it', 'has released it'])(
    'of a frozen holder go to another one, and the holder learns of it, whether the other %s',
    async (then) => {
      const one = await open();
      const holder = participant('lease', 'bridge');
      const token = Number((await holder.line(/holds/)).split(' ')[1]);
      const next = want(one.leases, 'bridge');
      holder.signal('SIGSTOP');
      const lease = await next.done;
      expect(lease.token).toBeGreaterThan(token);
      if (then === 'has released it') await lease.release();
      holder.signal('SIGCONT');
      await holder.line(/lost/);
      expect(lease.lost.aborted).toBe(false);
    },
  );

  it('of a dead holder go to another one', async () => {
    const one = await open();
    const holder = participant('lease', 'bridge');
    await holder.line(/holds/);
    await holder.kill();
    await want(one.leases, 'bridge').done;
  });

  it('of a dead holder go to another one, also when the clock of Redis was set back since', async () => {
    const one = await open();
    const holder = participant('lease', 'bridge');
    await holder.line(/holds/);
    await holder.kill();
    expect(await send(redis.url, `PEXPIRE ${keys.lease('bridge')} ${HOUR}`)).toMatch(/^:1/);
    await want(one.leases, 'bridge').done;
  });

  it('are kept while Redis is away, and renewed when it is back and empty; tokens grow all the same', async () => {
    const [one, other] = [await open(), await open()];
    const lease = await one.leases.acquire('bridge', { signal: never, ttlMs: 600 });
    await redis.kill();
    await elapse(1_500);
    expect(lease.lost.aborted).toBe(false);
    await redis.start();
    await answering(one);
    // its renewal is asked for at once, before a wish that is made only now
    const next = want(other.leases, 'bridge');
    await elapse(2_000);
    expect([next.has(), lease.lost.aborted]).toEqual([false, false]);
    await lease.release();
    expect((await next.done).token).toBeGreaterThan(lease.token);
  });

  it('are kept while Redis hangs, and have one holder afterwards', async () => {
    const [one, other] = [await open(), await open()];
    const lease = await one.leases.acquire('bridge', { signal: never, ttlMs: 600 });
    const next = want(other.leases, 'bridge');
    await redis.pause();
    await elapse(2_000);
    expect([next.has(), lease.lost.aborted]).toEqual([false, false]);
    await redis.resume();
    await Promise.all([answering(one), answering(other)]);
    await elapse(1_500);
    expect(next.has()).toBe(lease.lost.aborted);
  });

  it('never give a token twice, through restarts', async () => {
    const members = [await open(), await open(), await open()];
    const stop = new AbortController();
    const tokens: number[] = [];
    const work = async ({ leases }: Coordination): Promise<void> => {
      for (;;) {
        const lease = await leases.acquire('bridge', { signal: stop.signal, ttlMs: 400 });
        tokens.push(lease.token);
        await lease.release();
      }
    };
    const done = Promise.allSettled(members.map(work));
    for (let round = 0; round < 3; round++) {
      const before = tokens.length;
      await eventually(() => tokens.length > before + 10);
      await redis.kill();
      await redis.start();
    }
    stop.abort(new Error('stopped'));
    expect((await done).map((each) => each.status === 'rejected' && String(each.reason))).toEqual(
      members.map(() => 'Error: stopped'),
    );
    expect(new Set(tokens).size).toBe(tokens.length);
  });
});

describe('a connection', () => {
  it('on which nothing comes any more is made anew', async () => {
    const link = await mutedLink(redis.url);
    const one = await openRedisCoordination(link.url, silentLogger(), QUICK);
    ending.push(
      () => link.close(),
      () => one.close(),
    );
    const heard = listen(one.signals, 'orders');
    await untilHeard(one.signals, 'orders', heard);
    link.mute();
    await away(one);
    const other = await open();
    await other.directory.register(instance('a'));
    await answering(one);
    await untilUp(one.directory, 'a');
    await untilHeard(one.signals, 'orders', heard);
  });
});

describe('rate limits', () => {
  it('are counted by each instance alone while Redis is away or hangs, and together again afterwards', async () => {
    const [one, other] = [await open(), await open()];
    const take = ({ rates }: Coordination, caller: string) => rates.take({ caller, cost: 1, perMinute: 4 });
    expect(await take(one, 'before')).toBe('taken');
    expect(await take(other, 'before')).not.toBe('taken');
    for (const [leave, comeBack] of [
      ['pause', 'resume'],
      ['kill', 'start'],
    ] as const) {
      await redis[leave]();
      const startedAt = performance.now();
      for (const each of [one, other]) {
        expect(await take(each, leave)).toBe('taken');
        expect(await take(each, leave)).not.toBe('taken');
      }
      expect(performance.now() - startedAt).toBeLessThan(1_000);
      await redis[comeBack]();
      let tries = 0;
      await eventually(async () => {
        const caller = `${comeBack} ${tries++}`;
        const answers = [await take(one, caller), await take(other, caller)];
        return answers[0] === 'taken' && answers[1] !== 'taken';
      });
    }
  });
});

describe('opening', () => {
  const opening = (url: string, timing: Partial<RedisTiming> = {}) =>
    openRedisCoordination(url, silentLogger(), { ...QUICK, ...timing });
  const withPassword = (password: string) => redis.url.replace('//', `//:${password}@`);

  it('says what is wrong when Redis is away or hangs, without its password, in bounded time', async () => {
    const url = withPassword('hush');
    const { host } = new URL(url);
    await redis.kill();
    const startedAt = performance.now();
    const failure = await opening(url, { patience: 500 }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'COORDINATION_UNAVAILABLE' });
    expect(String(failure)).toBe(
      `CoordinationError: Redis at ${host} does not answer (connection refused); start it, or correct REDIS_URL`,
    );
    await redis.start();
    await redis.pause();
    await expect(opening(redis.url, { patience: 1_500 })).rejects.toThrow(
      `Redis at ${host} does not answer (no answer within 500 ms); start it, or correct REDIS_URL`,
    );
    expect(performance.now() - startedAt).toBeLessThan(6_000);
  });

  it('waits a while for a Redis that is about to start', async () => {
    await redis.kill();
    const opened = opening(redis.url);
    await elapse(300);
    await redis.start();
    await (await opened).close();
  });

  it('is refused at once with a wrong password, without one, and with a database that is not there', async () => {
    await expect(openCoordination({ REDIS_URL: `${redis.url}/99` }, silentLogger())).rejects.toMatchObject({
      code: 'COORDINATION_REFUSED',
    });
    await send(redis.url, 'CONFIG SET requirepass secret');
    for (const url of [redis.url, withPassword('hush')]) {
      const failure = await openCoordination({ REDIS_URL: url }, silentLogger()).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'COORDINATION_REFUSED' });
      expect(String(failure)).toMatch(/refuses us \((WRONGPASS|NOAUTH).*REDIS_URL$/);
      expect(JSON.stringify(failure) + String(failure)).not.toContain('hush');
    }
    const opened = await openCoordination({ REDIS_URL: withPassword('secret') }, silentLogger());
    await opened.ping();
    await opened.close();
  });
});
