import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  checkStanding,
  differenceFromRunning,
  layoutFor,
  newClusterId,
  portsFrom,
  portSpan,
  readLayout,
  writeLayout,
} from './layout.js';
import { KAFKA_DEFAULTS, type KafkaOptions } from './options.js';

const options = (given: Partial<KafkaOptions> = {}): KafkaOptions => ({
  ...KAFKA_DEFAULTS,
  stateDir: '/state',
  ...given,
});

describe('a cluster id', () => {
  it('is sixteen bytes, never the same, and never looks like an option', () => {
    const dashFirst = [Buffer.alloc(16, 0xfb), Buffer.alloc(16, 7)];
    expect(newClusterId(() => dashFirst.shift()!)).toBe(Buffer.alloc(16, 7).toString('base64url'));
    const ids = Array.from({ length: 200 }, () => newClusterId());
    expect(new Set(ids).size).toBe(200);
    expect(ids.every((id) => /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/.test(id))).toBe(true);
  });

  it('stays with the data, and is another for new data', async () => {
    const first = await layoutFor(options(), undefined);
    expect((await layoutFor(options(), first)).clusterId).toBe(first.clusterId);
    expect((await layoutFor(options(), undefined)).clusterId).not.toBe(first.clusterId);
  });
});

it('gives every listener a port of its own, in the promised span', () =>
  fc.assert(
    fc.property(fc.integer({ min: 1_024, max: 60_000 }), fc.constantFrom(1, 3), (first, brokers) => {
      const ports = portsFrom(first, brokers).flatMap(({ client, controller, secure }) => [client, controller, secure]);
      expect(new Set(ports).size).toBe(3 * brokers);
      expect(Math.min(...ports)).toBe(first);
      expect(Math.max(...ports)).toBe(first + portSpan(brokers));
    }),
  ));

it('takes free ports that differ when asked for port 0', async () => {
  const { brokers } = await layoutFor(options({ brokers: 3, port: 0 }), undefined);
  expect(new Set(brokers.flatMap(({ client, controller, secure }) => [client, controller, secure])).size).toBe(9);
});

describe('data that stand', () => {
  it('are not taken for a cluster of another size or version', async () => {
    const standing = await layoutFor(options(), undefined);
    expect(() => checkStanding(options(), standing)).not.toThrow();
    expect(() => checkStanding(options({ brokers: 3 }), standing)).toThrow(/1 broker\(s\), and 3 were asked.*--fresh/);
    expect(() => checkStanding(options({ kafkaVersion: '3.9.2' }), standing)).toThrow(/Kafka 4\.3\.1, not 3\.9\.2/);
  });

  it('are found again as they were written', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'layout-'));
    try {
      expect(await readLayout(stateDir)).toBeUndefined();
      const layout = await layoutFor(options({ stateDir }), undefined);
      await writeLayout(stateDir, layout);
      expect(await readLayout(stateDir)).toEqual(layout);
    } finally {
      await rm(stateDir, { recursive: true });
    }
  });
});

it('lets a running cluster stay only when it is what was asked for', async () => {
  const running = await layoutFor(options({ port: 20_000 }), undefined);
  expect(differenceFromRunning(options({ port: 20_000 }), running)).toBeUndefined();
  expect(differenceFromRunning(options({ port: 0 }), running)).toBeUndefined();
  expect(differenceFromRunning(options({ port: 20_001 }), running)).toContain('20000');
  expect(differenceFromRunning(options({ port: 0, secure: true }), running)).toContain('no secure listener');
  expect(differenceFromRunning(options({ port: 0, fresh: true }), running)).toContain('--fresh');
  expect(differenceFromRunning(options({ port: 0, rebalanceDelay: 3_000 }), running)).toContain('0 ms');
});
