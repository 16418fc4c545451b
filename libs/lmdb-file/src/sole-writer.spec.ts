import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { open, type RootDatabase } from 'lmdb';
import { SHARED_ENVIRONMENT, SoleWriter } from './sole-writer.js';
import { add, countOf, RECORD } from './testing/counter.js';
import type { MainTable } from './write-batch.js';

const QUIET_MS = 250;
const CALM_MS = 60_000;

let path: string;
let database: RootDatabase<Buffer, string>;
let writer: SoleWriter<string>;
/** Transactions that LMDB has carried out or refused as a list of puts. */
let lists: number;
/** What becomes of the next list instead of being carried out. */
let fails: Error | undefined;

beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), 'sole-writer-'));
  database = open<Buffer, string>({ path, encoding: 'binary', ...SHARED_ENVIRONMENT });
  [lists, fails] = [0, undefined];
  writer = new SoleWriter<string>(watched(database), RECORD, String, CALM_MS);
  await add(writer, database);
});

afterEach(async () => {
  await database.close();
  rmSync(path, { recursive: true, force: true });
});

function watched(root: RootDatabase<Buffer, string>): MainTable<string> {
  return {
    getBinaryFast: (key) => root.getBinaryFast(key),
    put: (key, value) => root.put(key, value),
    remove: (key) => root.remove(key),
    resetReadTxn: () => root.resetReadTxn(),
    childTransaction: (body) => root.childTransaction(body),
    ifVersion: async (key, version, puts) => {
      if (Number.isNaN(version)) return root.ifVersion(key, version, puts);
      lists += 1;
      const error = fails;
      fails = undefined;
      if (error) {
        await delay(5);
        throw error;
      }
      return root.ifVersion(key, version, puts);
    },
  };
}

/** Writes as another process does: the record holds another's number. */
async function anotherWrites(count: number): Promise<void> {
  const number = Buffer.alloc(8);
  number.writeDoubleLE(count + 0.5);
  await database.batch(() => {
    void database.put('counter', Buffer.from(String(count)));
    void database.put(RECORD, number);
  });
}

describe('the only writer of an environment', () => {
  it('decides upon what was decided before, and hands what came meanwhile to LMDB as one list', async () => {
    const first = add(writer, database);
    const others = Promise.all([add(writer, database), add(writer, database)]);
    expect([await first, ...(await others)]).toEqual([1, 2, 3]);
    expect([lists, countOf(database)]).toEqual([2, 4]);
  });

  it('shows nobody what is not on disk', async () => {
    const added = add(writer, database);
    expect(writer.get(database, 'counter')?.toString()).toBe('1');
    await added;
    expect(writer.get(database, 'counter')?.toString()).toBe('2');
  });

  it('tells what wrote nothing, but looked at what others wrote, when that is on disk', async () => {
    const added = add(writer, database);
    const looked = await writer.decide(() => writer.get(database, 'counter')?.toString());
    expect([looked, countOf(database)]).toEqual(['2', 2]);
    await added;
  });

  it('removes, and finds nothing in its place', async () => {
    const removed = writer.decide(() => writer.remove(database, 'counter'));
    expect(await writer.decide(() => writer.get(database, 'counter'))).toBeUndefined();
    await removed;
    expect(database.get('counter')).toBeUndefined();
  });

  it('writes nothing of a transaction that throws', async () => {
    const before = add(writer, database);
    const thrown = writer.decide(() => {
      writer.put(database, 'counter', Buffer.from('99'));
      writer.put(database, 'other', Buffer.from('99'));
      throw new Error('undecided');
    });
    const after = add(writer, database);
    await expect(thrown).rejects.toThrow('undecided');
    expect([await before, await after, database.get('other')]).toEqual([1, 2, undefined]);
  });

  it.each(['', 'k'.repeat(2_000)])('refuses a key that LMDB does not take, and goes on', async (key) => {
    const refused = writer.decide(() => {
      writer.put(database, 'other', Buffer.from('1'));
      writer.put(database, key, Buffer.from('1'));
    });
    await expect(refused).rejects.toThrow(RangeError);
    expect([await add(writer, database), database.get('other')]).toEqual([1, undefined]);
  });

  it('runs a body again with the lock held that demands it', async () => {
    let runs = 0;
    const staged = add(writer, database);
    const keys = await writer.decide(() => {
      runs += 1;
      writer.demandLock();
      return [...database.getKeys()];
    });
    await staged;
    expect([runs, keys]).toEqual([2, ['counter', RECORD]]);
  });

  it('holds the lock after what was decided before, and decides nothing meanwhile', async () => {
    const before = add(writer, database);
    const locked = writer.locked(() => {
      const count = countOf(database);
      writer.put(database, 'counter', Buffer.from(String(count + 10)));
      return count;
    });
    const after = add(writer, database);
    expect([await before, await locked, await after]).toEqual([1, 2, 12]);
  });

  it('runs a body again also if it has put something before, with nothing else under way', async () => {
    const count = await writer.decide(() => {
      writer.put(database, 'other', Buffer.from('1'));
      writer.demandLock();
      return database.getKeysCount();
    });
    expect([count, database.get('other')?.toString()]).toEqual([3, '1']);
  });

  it('writes nothing of a transaction with the lock held that throws', async () => {
    const thrown = writer.locked(() => {
      writer.put(database, 'counter', Buffer.from('99'));
      throw new Error('undecided');
    });
    await expect(thrown).rejects.toThrow('undecided');
    expect([await add(writer, database), countOf(database)]).toEqual([1, 2]);
  });
});

describe('a writer that is not the only one', () => {
  it('decides again what another process came before, and everything upon it', async () => {
    const other = anotherWrites(50);
    const added = await Promise.all([add(writer, database), add(writer, database)]);
    await other;
    expect([added, countOf(database), lists]).toEqual([[50, 51], 52, 1]);
  });

  it('takes the lock until the other was quiet for a while', async () => {
    await anotherWrites(50);
    await add(writer, database);
    const missed = lists;
    await add(writer, database);
    expect(lists).toBe(missed);
    await delay(QUIET_MS);
    await add(writer, database);
    await add(writer, database);
    expect([lists, countOf(database)]).toEqual([missed + 1, 54]);
  });

  it('notices each time that another has written, and no write of its own', async () => {
    const known = writer.foreignWrites();
    await add(writer, database);
    await writer.locked(() => writer.put(database, 'own', Buffer.from('1')));
    expect(writer.foreignWrites()).toBe(known);
    await anotherWrites(50);
    expect([writer.foreignWrites(), writer.foreignWrites()]).toEqual([known + 1, known + 1]);
    await anotherWrites(60);
    await add(writer, database);
    expect(writer.foreignWrites()).toBe(known + 2);
  });

  it('loses no addition of several processes', async () => {
    const times = 400;
    const program = join(import.meta.dirname, 'testing', 'counting-process.ts');
    const ended = Array.from({ length: 3 }, async () => {
      const child = spawn(process.execPath, ['--import', 'tsx', program, path, String(times)], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, NODE_OPTIONS: '' },
      });
      let printed = '';
      child.stdout.on('data', (data: Buffer) => (printed += data.toString()));
      await once(child, 'close');
      return Number(/foreign (\d+)/.exec(printed)?.[1]);
    });
    const noticed = await Promise.all(ended);
    expect(countOf(database)).toBe(1 + 3 * times);
    expect(Math.max(...noticed)).toBeGreaterThan(1);
  }, 30_000);
});

describe('what is shown before it is on disk', () => {
  const shown: number[] = [];
  const addShown = (): Promise<number> => add(writer, database, (before) => shown.push(before));

  beforeEach(() => {
    shown.length = 0;
  });

  it('is shown at once', async () => {
    const added = [addShown(), addShown()];
    expect([shown, writer.decided(database, 'counter')?.toString()]).toEqual([[1, 2], '3']);
    expect([await Promise.all(added), writer.losses]).toEqual([[1, 2], 0]);
  });

  it('is lost when another process writes before, and all that was decided upon it', async () => {
    const other = anotherWrites(50);
    const added = [addShown(), addShown()];
    expect(shown).toEqual([1, 2]);
    await other;
    expect([await Promise.all(added), writer.losses]).toEqual([[50, 51], 1]);
    expect(shown).toEqual([1, 2]);
  });

  it('is nothing while another process writes now and then', async () => {
    await anotherWrites(50);
    await addShown();
    await delay(QUIET_MS);
    await addShown();
    await addShown();
    expect([shown, writer.losses, lists]).toEqual([[], 0, 1]);
  });

  it('is not lost if another process has written before it was decided', async () => {
    await anotherWrites(50);
    expect([await addShown(), shown, writer.losses]).toEqual([50, [], 0]);
  });
});

describe('a list that fails', () => {
  it('fails for its transactions, and those decided upon it are decided again', async () => {
    fails = new Error('no room');
    const failing = add(writer, database);
    await new Promise((resolve) => setImmediate(resolve));
    const next = add(writer, database);
    await expect(failing).rejects.toThrow('no room');
    expect([await next, countOf(database)]).toEqual([1, 2]);
  });
});
