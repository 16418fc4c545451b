import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { newEvent, newEvents } from '../contract/fixture.js';
import { openEmbeddedEventStore } from './embedded-event-store.js';

describe('a directory that is not a sound event store', () => {
  let path = '';
  let dataFile = '';
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'event-store-damage-'));
    dataFile = join(path, 'events', 'data.mdb');
  });
  afterEach(() => rm(path, { recursive: true }));

  const filledStore = async (): Promise<void> => {
    const store = await openEmbeddedEventStore({ path });
    for (let round = 0; round < 5; round += 1) {
      await store.append('order-1', [newEvent({ text: 'x'.repeat(500_000) })], 'any');
    }
    await store.close();
  };
  const expectRefusal = async (finding: RegExp): Promise<void> => {
    const failure = await openEmbeddedEventStore({ path }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'EventStoreError', code: 'STORE_CORRUPT' });
    const { message } = failure as Error;
    expect(message).toMatch(finding);
    expect(message).toContain(path);
    expect(message).toContain('restore it from a backup');
    expect(message).not.toContain('\n');
  };

  it('is refused when it holds other files, and left as it is', async () => {
    await writeFile(join(path, 'letter.txt'), 'Dear reader');
    await expectRefusal(/letter\.txt/);
    expect(await readdir(path)).toEqual(['letter.txt']);
  });

  it('is refused when its data file is something else', async () => {
    await mkdir(join(path, 'events'));
    await writeFile(dataFile, 'no database at all'.repeat(1_000));
    await expectRefusal(/not an LMDB file/);
  });

  it.each([0, 100, 4_096, 8_192, 100_000])('is refused when its data file was cut to %s bytes', async (length) => {
    await filledStore();
    await truncate(dataFile, length);
    await expectRefusal(/data\.mdb/);
  });

  it('is refused when its data file is gone', async () => {
    await filledStore();
    await rm(dataFile);
    await expectRefusal(/missing/);
  });

  it('is refused when its header was overwritten', async () => {
    await filledStore();
    const bytes = await readFile(dataFile);
    bytes.fill(0xff, 0, 64);
    await writeFile(dataFile, bytes);
    await expectRefusal(/not an LMDB file/);
  });

  it('is refused when it is another program’s LMDB', async () => {
    const other = open({ path: join(path, 'events'), noSubdir: false });
    await other.put('their', 'data');
    await other.close();
    await expectRefusal(/marker is missing/);
  });

  it('is refused when a newer program wrote it', async () => {
    await (await openEmbeddedEventStore({ path })).close();
    const raw = open({ path: join(path, 'events'), noSubdir: false, maxDbs: 8 });
    const marker = JSON.stringify({ format: 'order-flow event store', version: 2 });
    await raw.openDB<Buffer, string>('about', { encoding: 'binary' }).put('format', Buffer.from(marker));
    await raw.close();
    await expectRefusal(/version 2/);
  });

  it('is opened when a start was cut off before the store was in place', async () => {
    await mkdir(join(path, 'creating-1f0c'));
    await writeFile(join(path, 'creating-1f0c', 'data.mdb'), '');
    const store = await openEmbeddedEventStore({ path });
    expect(await store.append('order-1', newEvents(1), 'no-stream')).toMatchObject({ revision: 0 });
    await store.close();
  });

  it('keeps its size and its events when it is sound', async () => {
    await filledStore();
    const { size } = await stat(dataFile);
    const store = await openEmbeddedEventStore({ path });
    expect(await store.append('order-1', newEvents(1), 4)).toMatchObject({ revision: 5 });
    await store.close();
    expect((await stat(dataFile)).size).toBeGreaterThanOrEqual(size);
  });
});
