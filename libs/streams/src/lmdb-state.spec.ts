import { existsSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lmdbState } from './lmdb-state.js';
import type { StateMeta } from './state.js';

const meta: StateMeta = { identity: 'log', offsets: { changelog: 7 }, lastOwnedAt: 1 };
const entries = new Map(Array.from({ length: 3_000 }, (_, index) => [`key-${index}`, Buffer.alloc(500, 'x')] as const));

let path: string;
beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), 'lmdb-state-'));
  const state = lmdbState(path);
  await state.slice('topology', 0).commit(new Map([['store', entries]]), meta);
  await state.close();
});
afterEach(() => rmSync(path, { recursive: true, force: true }));

/** How many entries the state has, and what it says of itself, when it is opened; it can be written then. */
async function reopened(): Promise<[number, StateMeta | undefined]> {
  const state = lmdbState(path);
  const slice = state.slice('topology', 0);
  const found = [[...slice.range('store', {})].length, slice.meta()] as [number, StateMeta | undefined];
  await slice.commit(new Map([['store', new Map([['another', Buffer.from('y')]])]]), meta);
  expect(slice.get('store', 'another')?.toString()).toBe('y');
  await state.close();
  return found;
}

describe('local state', () => {
  it('is there again in the next process', async () => {
    expect(await reopened()).toEqual([3_000, meta]);
  });

  it.each([
    ['was cut short', (file: string) => truncateSync(file, statSync(file).size / 2)],
    ['is something else', (file: string) => writeFileSync(file, 'no database at all'.repeat(1_000))],
  ])('whose file %s begins empty, and is restored, where reading it would end the process', async (_, damage) => {
    damage(join(path, 'data.mdb'));
    expect(await reopened()).toEqual([0, undefined]);
    expect(await reopened()).toEqual([1, meta]);
  });

  it('of a former boot of the machine begins empty', async () => {
    const marker = join(path, 'boot');
    if (!existsSync(marker)) return;
    writeFileSync(marker, 'another boot');
    expect(await reopened()).toEqual([0, undefined]);
    expect(await reopened()).toEqual([1, meta]);
  });
});
