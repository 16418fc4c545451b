import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { LogStorage } from '../storage/log-storage.js';
import { openMemoryStorage } from '../storage/memory-storage.js';
import { heartbeat, type Presence, readMembership } from './membership.js';

const HOUR = 3_600_000;

describe('a group of which the time of day is set', () => {
  let storage: LogStorage;
  let machine: bigint;
  const beat = (id: string): Promise<Presence> =>
    storage.transaction(() => heartbeat(storage, { group: 'bank', id, sliceCount: 2, sessionTimeout: 10_000 }));
  const members = (): string[] => readMembership(storage, 'bank').members.map(({ id }) => id);
  const pass = (ms: number): void => void (machine += BigInt(ms) * 1_000_000n);

  beforeEach(async () => {
    storage = openMemoryStorage();
    machine = 5_000_000_000_000n;
    jest.spyOn(process.hrtime, 'bigint').mockImplementation(() => machine);
    await beat('a');
    await beat('b');
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await storage.close();
  });

  it.each([HOUR, -HOUR])('keeps the members that live when it jumps by %i ms', async (jump) => {
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + jump);
    pass(3_000);
    expect(await beat('b')).toBe('unchanged');
    expect(members()).toEqual(['a', 'b']);
  });

  it.each([HOUR, -HOUR])('loses the one that is silent when it jumps by %i ms', async (jump) => {
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + jump);
    pass(10_001);
    expect(await beat('b')).toBe('rebalanced');
    expect(members()).toEqual(['b']);
  });

  it('does not take a heartbeat from before a restart of the machine for one to come', async () => {
    machine = 60_000_000_000n;
    expect(await beat('b')).toBe('rebalanced');
    expect(members()).toEqual(['b']);
  });
});
