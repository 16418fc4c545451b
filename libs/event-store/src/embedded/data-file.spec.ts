import { mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { dataFileDamage } from './data-file.js';

const PAGE = 4_096;
let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'data-file-'));
  path = join(directory, 'data.mdb');
});
afterEach(() => rm(directory, { recursive: true }));

/** Two headers that count the given pages, and nothing else. */
async function headersOnly(pages: number): Promise<void> {
  const headers = Buffer.alloc(2 * PAGE);
  for (const at of [0, PAGE]) {
    headers.writeUInt32LE(0xbeefc0de, at + 24);
    headers.writeUInt32LE(PAGE, at + 48);
    headers.writeBigUInt64LE(BigInt(pages - 1), at + 144);
  }
  await writeFile(path, headers);
}
const size = async (): Promise<number> => (await stat(path)).size;

it('a file that lacks a few pages gets them', async () => {
  await headersOnly(20);
  expect(await dataFileDamage(path)).toBeUndefined();
  expect(await size()).toBe(20 * PAGE);
});

it('a file that lacks many is damaged, and left as it is', async () => {
  await headersOnly(200);
  expect(await dataFileDamage(path)).toMatch('lacks');
  expect(await size()).toBe(2 * PAGE);
});

it('a file that another process writes to meanwhile loses nothing of it', async () => {
  const written = Buffer.alloc(PAGE, 'x');
  for (let round = 0; round < 100; round++) {
    await headersOnly(20);
    const file = await open(path, 'r+');
    const writing = delay(Math.random()).then(() => file.write(written, 0, PAGE, 40 * PAGE));
    await Promise.all([dataFileDamage(path), writing]);
    const found = Buffer.alloc(PAGE);
    await file.read(found, 0, PAGE, 40 * PAGE);
    await file.close();
    expect(found.equals(written)).toBe(true);
  }
});
