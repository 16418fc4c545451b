import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { open, type RootDatabase } from 'lmdb';
import { dataFileDamage } from './data-file.js';

const PAGE = 4_096;
const SMALL = Buffer.alloc(100, 's');
const LARGE = Buffer.alloc(100 * PAGE, 'l');
let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'data-file-'));
  path = join(directory, 'data.mdb');
});
afterEach(() => rmSync(directory, { recursive: true }));

const size = (): number => statSync(path).size;

async function inEnvironment<Result>(work: (db: RootDatabase<Buffer, string>) => Promise<Result>): Promise<Result> {
  const db = open<Buffer, string>({ path: directory, encoding: 'binary', overlappingSync: false });
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

/** A file whose last hundred pages are free, and which otherwise has small values. */
const withFreeTail = (): Promise<void> =>
  inEnvironment(async (db) => {
    await db.transaction(() => {
      for (let key = 0; key < 500; key++) db.putSync(`small-${key}`, SMALL);
    });
    await db.put('large', LARGE);
    await db.remove('large');
    // what is written from now on is written to pages that have become free
    for (let round = 0; round < 3; round++) await db.put('small-0', SMALL);
  });

const countSmall = (): Promise<number> =>
  inEnvironment(async (db) => [...db.getRange()].filter(({ value }) => value.equals(SMALL)).length);

describe('a data file', () => {
  it('is sound as LMDB left it, and stays as it is', async () => {
    await withFreeTail();
    const before = readFileSync(path);
    expect(dataFileDamage(path)).toBeUndefined();
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('is sound while it is empty, for LMDB makes a new one of it', () => {
    writeFileSync(path, '');
    expect(dataFileDamage(path)).toBeUndefined();
    expect(size()).toBe(0);
  });

  it('that lacks a few pages at its end gets them, and has what it had', async () => {
    await withFreeTail();
    const whole = size();
    truncateSync(path, whole - 3 * PAGE - 5);
    expect(dataFileDamage(path)).toBeUndefined();
    expect(size()).toBe(whole);
    expect(await countSmall()).toBe(500);
  });

  it('that lacks one page with the root of its data is damaged', async () => {
    await inEnvironment((db) => db.put('small', SMALL));
    truncateSync(path, size() - PAGE);
    expect(dataFileDamage(path)).toBe(`data.mdb lacks ${PAGE} of ${3 * PAGE} bytes`);
  });

  it('that lacks many is damaged, and left as it is', async () => {
    await withFreeTail();
    const half = size() / 2;
    truncateSync(path, half);
    expect(dataFileDamage(path)).toBe(`data.mdb lacks ${half} of ${2 * half} bytes`);
    expect(size()).toBe(half);
  });

  it.each([
    ['words', 'no database at all'.repeat(1_000)],
    ['too few bytes', 'x'],
    ['zeros', Buffer.alloc(4 * PAGE)],
  ])('of %s is not one', (_, content) => {
    writeFileSync(path, content);
    expect(dataFileDamage(path)).toBe('data.mdb is not an LMDB file');
  });

  it.each([0, 4_095, 2 ** 31])('with pages of %d bytes is not one', async (pageSize) => {
    await withFreeTail();
    const bytes = readFileSync(path);
    bytes.writeUInt32LE(pageSize, 48);
    writeFileSync(path, bytes);
    expect(dataFileDamage(path)).toBe('data.mdb is not an LMDB file');
  });

  it('is damaged when its second header is, or is missing', async () => {
    await withFreeTail();
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, PAGE));
    expect(dataFileDamage(path)).toBe('the second header of data.mdb is damaged');
    writeFileSync(path, bytes.fill(0xff, PAGE, PAGE + 64));
    expect(dataFileDamage(path)).toBe('the second header of data.mdb is damaged');
  });
});

describe('a data file that another process writes to meanwhile', () => {
  /** Looks at the file again and again until the process has ended. @returns its exit code, and what was found */
  async function lookDuring(writer: ChildProcess): Promise<{ code: number | null; found: Set<string | undefined> }> {
    const ended = new Promise<number | null>((resolve) => writer.once('exit', resolve));
    const found = new Set<string | undefined>();
    while (writer.exitCode === null && writer.signalCode === null) {
      found.add(dataFileDamage(path));
      await setImmediate();
    }
    return { code: await ended, found };
  }
  const run = (script: string, ...args: readonly string[]): ChildProcess =>
    spawn(process.execPath, ['--input-type=module', '-e', script, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });

  it('is sound, whatever LMDB is at', async () => {
    await withFreeTail();
    const script = `
      const { open } = await import('lmdb');
      const db = open({ path: process.argv[1], encoding: 'binary', overlappingSync: false });
      for (let round = 0; round < 200; round++) {
        await db.put('growing-' + round, Buffer.alloc(1_000 * (round % 50)));
        if (round % 3 === 0) await db.remove('growing-' + (round - 1));
      }
      await db.close();`;
    expect(await lookDuring(run(script, directory))).toEqual({ code: 0, found: new Set([undefined]) });
    expect(await countSmall()).toBe(500);
  }, 60_000);

  it('loses nothing of it to the pages that are put to its end', async () => {
    const headers = Buffer.alloc(2 * PAGE);
    for (const at of [0, PAGE]) {
      headers.writeUInt32LE(0xbeefc0de, at + 24);
      headers.writeUInt32LE(PAGE, at + 48);
      headers.writeBigUInt64LE(19n, at + 144);
    }
    writeFileSync(path, headers);
    // puts a page behind what the headers count while the file is short of some, and looks whether it stays
    const script = `
      const { ftruncateSync, fstatSync, openSync, readSync, writeSync } = await import('node:fs');
      const file = openSync(process.argv[1], 'r+');
      const written = Buffer.alloc(${PAGE}, 'x');
      for (let round = 0; round < 2_000; round++) {
        ftruncateSync(file, ${2 * PAGE});
        for (let wait = 0; wait < round % 97; wait++) fstatSync(file);
        writeSync(file, written, 0, ${PAGE}, ${40 * PAGE});
        const found = Buffer.alloc(${PAGE});
        readSync(file, found, 0, ${PAGE}, ${40 * PAGE});
        if (!found.equals(written)) process.exit(1);
      }`;
    expect((await lookDuring(run(script, path))).code).toBe(0);
  }, 60_000);
});
