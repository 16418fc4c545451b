import { mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { open } from 'lmdb';
import { openEmbeddedEventLog } from './embedded-event-log.js';

describe("an embedded log's directory", () => {
  let parent: string;
  let path: string;

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'event-log-'));
    path = join(parent, 'log');
    mkdirSync(path);
  });

  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  const refused = () =>
    expect(openEmbeddedEventLog({ path })).rejects.toMatchObject({
      name: 'LogError',
      code: 'LOG_CORRUPT',
      message: expect.stringMatching(/^[^\n]*log [^\n]+; move it away [^\n]+$/) as unknown,
    });

  it.each([
    ['garbage', Buffer.alloc(50_000, 7)],
    ['a short file', Buffer.from('hello')],
    ['zeros', Buffer.alloc(16_384)],
  ])('is refused when its data are %s', async (_, content) => {
    writeFileSync(join(path, 'data.mdb'), content);
    await refused();
  });

  it('is refused when it holds other files', async () => {
    writeFileSync(join(path, 'notes.txt'), 'mine');
    await refused();
  });

  it('is refused when it is a file', async () => {
    rmSync(path, { recursive: true });
    writeFileSync(path, 'mine');
    await refused();
  });

  it('is refused when another kind of data lives there', async () => {
    const stranger = open({ path, overlappingSync: false });
    await stranger.put('name', { some: 'value' });
    await stranger.close();
    await refused();
  });

  it('is made when it is missing, with its parents', async () => {
    path = join(parent, 'a', 'b');
    const log = await openEmbeddedEventLog({ path });
    await log.close();
    expect(statSync(join(path, 'data.mdb')).size).toBeGreaterThan(0);
  });

  it('may be opened twice in one process', async () => {
    const [one, two] = [await openEmbeddedEventLog({ path }), await openEmbeddedEventLog({ path })];
    expect(await one.identity()).toBe(await two.identity());
    await one.close();
    await two.admin.ensureTopics([{ name: 't', key: 'k', cleanup: 'delete', retentionMs: -1 }], { partitions: 1 });
    await expect(one.openWriter('w')).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    await two.close();
  });

  it('whose data file was cut short ends in an error, not in a crash', async () => {
    const log = await openEmbeddedEventLog({ path });
    await log.admin.ensureTopics([{ name: 't', key: 'k', cleanup: 'delete', retentionMs: -1 }], { partitions: 1 });
    const writer = await log.openWriter('w');
    const value = Buffer.alloc(1_000, 'x');
    const records = Array.from({ length: 500 }, () => ({ topic: 't', key: 'k', value, timestamp: 1 }));
    for (let commits = 0; commits < 4; commits++) await writer.commit({ records });
    await log.close();
    truncateSync(join(path, 'data.mdb'), 12_288);
    await expect(openEmbeddedEventLog({ path })).rejects.toMatchObject({ code: 'LOG_CORRUPT' });
  });
});
