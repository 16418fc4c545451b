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
  let writes = 0;
  let told = 0;
  let changes: Changes;

  beforeEach(() => {
    jest.useFakeTimers();
    [writes, told] = [7, 0];
    changes = new Changes(POLL_MS, () => writes);
    changes.watch(['anything'], () => told++);
  });

  afterEach(() => {
    changes.stop();
    jest.useRealTimers();
  });

  /** @returns how often the listener was told */
  const after = (reached: number): number => {
    told = 0;
    writes = reached;
    jest.advanceTimersByTime(POLL_MS);
    return told;
  };

  it('tells everybody of writes of others, once', () => {
    expect([after(8), after(8), after(9)]).toEqual([1, 0, 1]);
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
      const put = (): void => storage.put('table', at, Buffer.from('own'));
      await (at % 3 === 0 ? storage.transaction(put) : storage.decision(put));
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
