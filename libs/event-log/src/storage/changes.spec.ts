import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startLogProcess } from '../testing/log-process.js';
import { Changes } from './changes.js';
import { openLmdbStorage } from './lmdb-storage.js';
import type { LogStorage } from './log-storage.js';

const POLL_MS = 5;

describe('a look for changes of other processes', () => {
  let version = 0;
  let told = 0;
  let changes: Changes;

  beforeEach(() => {
    jest.useFakeTimers();
    [version, told] = [7, 0];
    changes = new Changes(POLL_MS, () => version);
    changes.watch(['anything'], () => told++);
  });

  afterEach(() => {
    changes.stop();
    jest.useRealTimers();
  });

  /** @returns how often the listener was told */
  const after = (own: readonly number[], reached: number): number => {
    told = 0;
    for (const each of own) changes.own(each);
    version = reached;
    jest.advanceTimersByTime(POLL_MS);
    return told;
  };

  it('tells everybody of what is not known to be own, once', () => {
    expect([after([], 8), after([], 8), after([9], 10), after([10], 11)]).toEqual([1, 0, 1, 1]);
  });

  it('tells nobody of what is own, also when it becomes visible later', () => {
    expect([after([8, 9, 10], 9), after([11], 10), after([], 11)]).toEqual([0, 0, 0]);
  });

  it('counts a version that several commits share once', () => {
    expect([after([8, 8], 9), after([10, 10], 10)]).toEqual([1, 0]);
  });

  it('tells of what was disowned', () => {
    changes.own(8);
    changes.disown();
    expect(after([], 8)).toBe(1);
  });

  it('keeps a bounded number of own versions', () => {
    const many = Array.from({ length: 10_001 }, (_, index) => 8 + index);
    expect(after(many, 8)).toBe(1);
  });
});

describe("a log's storage", () => {
  let path: string;
  let storage: LogStorage;
  let told = 0;

  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'changes-'));
    storage = openLmdbStorage(path, POLL_MS);
    told = 0;
    storage.changes.watch(['anything'], () => told++);
  });

  afterEach(async () => {
    await storage.close();
    rmSync(path, { recursive: true, force: true });
  });

  it('takes its own commits for its own', async () => {
    for (let at = 0; at < 20; at++) {
      await storage.transaction(() => storage.put('table', at, Buffer.from('own')));
      await delay(1);
    }
    await delay(4 * POLL_MS);
    expect(told).toBe(0);
  });

  it("hears of another process's commit, whose number a transaction without writes has had", async () => {
    await storage.transaction(() => undefined);
    const other = startLogProcess('put-process.ts', [path]);
    await other.line(/put/);
    const until = performance.now() + 5_000;
    while (told === 0 && performance.now() < until) await delay(POLL_MS);
    expect(told).toBe(1);
  }, 20_000);
});
