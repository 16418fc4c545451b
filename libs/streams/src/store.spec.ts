import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { z } from 'zod';
import { lmdbState } from './lmdb-state.js';
import { compareKeys, memoryState, type StateBackend } from './state.js';
import { afterPrefix, SliceStore } from './store.js';

const meta = { identity: 'log', offsets: {}, lastOwnedAt: 0 };
const numbers = { name: 'numbers', schema: z.int() };

async function onBoth(check: (state: StateBackend) => Promise<void>): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), 'store-'));
  const lmdb = lmdbState(path);
  try {
    await check(memoryState());
    await check(lmdb);
  } finally {
    await lmdb.close();
    rmSync(path, { recursive: true, force: true });
  }
}

describe('a store', () => {
  const keys = ['a', 'a/1', 'a/\ue000', 'a/\uffff!', 'a/😀', 'b', 'é', '😀'];

  it('ranges in the order of UTF-8, whether values are stored, pending or new', () =>
    onBoth(async (backend) => {
      const state = backend.slice('t', 0);
      const store = new SliceStore(numbers, state);
      const write = async (step: number): Promise<void> => {
        for (let index = step; index < keys.length; index += 3) store.put(keys[index] ?? '', index);
        const writes = store.toCommit();
        store.committed();
        await state.commit(new Map([['numbers', writes]]), meta);
      };
      await write(0);
      await write(1);
      for (let index = 2; index < keys.length; index += 3) store.put(keys[index] ?? '', index);
      expect([...store.range({})].map(([key]) => key)).toEqual(keys);
      const prefixed = [...store.range({ gte: 'a/', lt: afterPrefix('a/') })];
      expect(prefixed).toEqual(keys.slice(1, 5).map((key, index) => [key, index + 1]));
      store.delete('a/1');
      store.delete('b');
      expect([...store.range({ gte: 'a/', lt: 'c' })].map(([key]) => key)).toEqual(keys.slice(2, 5));
    }));

  it('compares keys as their bytes compare', () => {
    const text = fc.string({ unit: 'binary', maxLength: 6 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  it('refuses keys that the local state could not hold, before anything is written', () =>
    onBoth(async (backend) => {
      const store = new SliceStore(numbers, backend.slice('t', 0));
      const long = 'ü'.repeat(751);
      for (const act of [() => store.put(long, 1), () => store.get(long), () => store.delete(long)]) {
        expect(act).toThrow('a key of store numbers has 1502 bytes; the limit is 1500');
      }
      expect(() => [...store.range({ gte: long })]).toThrow(RangeError);
      store.put(long.slice(1), 1);
      expect(store.get(long.slice(1))).toBe(1);
      expect(store.toCommit().size).toBe(1);
    }));

  it('shows others only what is committed', async () => {
    const state = memoryState().slice('t', 0);
    const store = new SliceStore(numbers, state);
    store.put('a', 1);
    expect([store.get('a'), store.committedValue('a')]).toEqual([1, undefined]);
    const writes = store.toCommit();
    store.committed();
    await state.commit(new Map([['numbers', writes]]), meta);
    store.put('a', 2);
    expect([store.get('a'), store.committedValue('a')]).toEqual([2, 1]);
    store.toCommit();
    store.put('a', 3);
    store.rollback();
    expect([store.get('a'), store.committedValue('a'), [...store.range({})]]).toEqual([2, 1, [['a', 2]]]);
    store.committed();
    expect(store.committedValue('a')).toBe(2);
  });

  it('undoes what came after the savepoint, and only that', () => {
    const store = new SliceStore(numbers, memoryState().slice('t', 0));
    store.put('a', 1);
    store.savepoint();
    store.put('a', 2);
    store.delete('a');
    store.put('b', 3);
    store.rollback();
    expect([...store.range({})]).toEqual([['a', 1]]);
  });

  it.each<[what: string, schema: z.ZodType, value: unknown]>([
    ['a date, which would be read as text', z.date(), new Date(0)],
    ['a number without a place in JSON', z.bigint(), 1n],
    ['one inside what may be anything', z.object({ any: z.unknown() }), { any: 1n }],
    ['nothing at all', z.any(), undefined],
  ])('refuses to commit what could not be read again: %s', (_, schema, value) => {
    const store = new SliceStore({ name: 'things', schema }, memoryState().slice('t', 0));
    store.put('a', value);
    expect(() => store.toCommit()).toThrow(expect.objectContaining({ code: 'VALUE_MISFIT' }));
    expect(() => store.toCommit()).toThrow(/ at a of store things/);
  });
});
