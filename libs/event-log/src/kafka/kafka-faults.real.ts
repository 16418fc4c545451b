import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type RunningKafka, startKafka } from '@order-flow/servers';
import type { EventLog, OwnershipEpoch } from '../port.js';
import { copyAsMember } from '../testing/copying-group.js';
import { openKafkaEventLog } from './open-kafka-event-log.js';

const PARTITIONS = 4;
const PER_PARTITION = 12_000;
const PATIENCE = 90_000;

describe('Kafka with three brokers', () => {
  let kafka: RunningKafka;
  let log: EventLog;
  const stop = new AbortController();

  beforeEach(async () => {
    kafka = await startKafka({ brokers: 3 });
    log = await openKafkaEventLog({
      brokers: kafka.brokers.split(','),
      sessionTimeout: 6_000,
      heartbeatInterval: 1_000,
      requestTimeout: 3_000,
      patience: PATIENCE,
    });
    const topic = (name: string) => ({ name, key: 'k', cleanup: 'delete', retentionMs: -1 }) as const;
    await log.admin.ensureTopics([topic('in'), topic('out')], { partitions: PARTITIONS });
  });

  afterEach(async () => {
    stop.abort();
    await log.close();
    await kafka.down();
  });

  const numbers = Array.from({ length: PER_PARTITION }, (_, index) => String(index));

  const fill = async (): Promise<void> => {
    const writer = await log.openWriter('filler');
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const records = numbers.map((key) => ({ topic: 'in', partition, key, value: Buffer.from(key), timestamp: 1 }));
      await writer.commit({ records });
    }
    await writer.close();
  };

  /** Everything in the copy, by partition, in its order; ends once as much came as was written, and no more follows. */
  const copies = async (): Promise<string[][]> => {
    const found: string[][] = Array.from({ length: PARTITIONS }, () => []);
    const from = found.map((_, partition) => ({ topic: 'out', partition, offset: 0 }));
    const { signal } = new AbortController();
    for await (const batch of log.read(from, { follow: false, signal })) {
      found[batch.partition]!.push(...batch.records.map(({ key }) => key!));
    }
    return found;
  };

  it('copies every record exactly once while brokers die, hang and come back', async () => {
    await fill();
    const copied = Array.from({ length: PARTITIONS }, () => 0);
    const working = copyAsMember(log, {
      group: 'copiers',
      from: 'in',
      to: 'out',
      commitSize: 25,
      signal: stop.signal,
      onCommit: async (slice, count) => {
        copied[slice]! += count;
        // Slow enough that every fault strikes at work.
        await delay(50);
      },
    });
    /** Every slice goes on, wherever its partitions are led and its group and transactions coordinated. */
    const progress = async (): Promise<void> => {
      const until = performance.now() + PATIENCE;
      const before = [...copied];
      while (copied.some((count, slice) => count < before[slice]! + 50)) {
        if (performance.now() > until) throw new Error(`not all go on after ${copied.join(', ')} records`);
        await delay(20);
      }
    };
    for (const id of [1, 2, 3]) {
      await progress();
      await kafka.kill(id);
      await progress();
      await kafka.start(id);
      await progress();
      await kafka.pause(id);
      await progress();
      await kafka.resume(id);
    }
    const until = performance.now() + PATIENCE;
    let found = await copies();
    while (found.flat().length < PARTITIONS * PER_PARTITION && performance.now() < until) {
      await delay(200);
      found = await copies();
    }
    expect(found.map(({ length }) => length)).toEqual(Array.from({ length: PARTITIONS }, () => PER_PARTITION));
    for (const partition of found) expect(partition).toEqual(numbers);
    stop.abort();
    await working;
  }, 400_000);
});

/** A question to the group that hangs; the broker may answer one more before it stands still. */
async function unanswered(epoch: OwnershipEpoch): Promise<{ readonly answer: Promise<boolean> }> {
  for (;;) {
    const answer = epoch.confirm();
    const first = await Promise.race([answer, delay(1_000, 'nothing' as const)]);
    if (first === 'nothing') return { answer };
  }
}

describe('one broker that hangs or is away', () => {
  let kafka: RunningKafka;
  let log: EventLog;
  const stop = new AbortController();

  beforeEach(async () => {
    kafka = await startKafka();
    log = await openKafkaEventLog({
      brokers: kafka.brokers.split(','),
      sessionTimeout: 6_000,
      heartbeatInterval: 1_000,
    });
    await log.admin.ensureTopics([{ name: 'in', key: 'k', cleanup: 'delete', retentionMs: -1 }], { partitions: 2 });
  });

  afterEach(async () => {
    stop.abort();
    await log.close();
    await kafka.down();
  });

  it('gives up what it owns when its session is over, and takes it up again when the broker is back', async () => {
    const member = log.join('members', ['in'], stop.signal)[Symbol.asyncIterator]();
    const first = (await member.next()).value as OwnershipEpoch;
    expect(await first.confirm()).toBe(true);
    await kafka.pause(1);
    const paused = performance.now();
    const confirmed = await unanswered(first);
    await once(first.signal, 'abort', { signal: AbortSignal.timeout(20_000) });
    const silence = performance.now() - paused;
    // The session began with the last heartbeat that was answered, at most an interval before.
    expect(silence).toBeGreaterThan(4_500);
    expect(silence).toBeLessThan(8_000);
    expect(await confirmed.answer).toBe(false);
    await kafka.resume(1);
    const second = (await member.next()).value as OwnershipEpoch;
    expect(second.slices).toEqual([0, 1]);
    expect(await second.confirm()).toBe(true);
  }, 120_000);

  it('is waited for by who looks at topics', async () => {
    // It has reached the broker once, and never heard of the topic.
    const other = await openKafkaEventLog({ brokers: kafka.brokers.split(',') });
    await kafka.kill(1);
    const looking = Promise.all([other.admin.partitions('in'), other.admin.offsetsForTime('in', 0)]);
    await delay(1_000);
    await kafka.start(1);
    const [partitions, offsets] = await looking.finally(() => other.close());
    expect([partitions.length, offsets.length]).toEqual([2, 2]);
  }, 120_000);

  it('is named with the remedy to who looks at topics in vain', async () => {
    const other = await openKafkaEventLog({ brokers: kafka.brokers.split(','), patience: 500 });
    await other.admin.partitions('in');
    await kafka.kill(1);
    const looking = other.admin.partitions('in');
    await expect(looking).rejects.toMatchObject({ name: 'LogError', code: 'LOG_UNAVAILABLE' });
    await expect(looking).rejects.toThrow(`Kafka at ${kafka.brokers} cannot be reached: `);
    await expect(looking).rejects.toThrow('; start it, or correct KAFKA_BROKERS');
    await other.close();
  }, 120_000);
});
