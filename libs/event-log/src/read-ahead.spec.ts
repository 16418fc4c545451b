import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { open, type RootDatabase } from 'lmdb';
import { openEmbeddedEventLog } from './embedded-event-log.js';
import type { EventLog, LogWriter, NewRecord, OwnershipEpoch, RecordBatch } from './port.js';
import { WRITES } from './storage/lmdb-storage.js';

const record = (text: string, topic = 'input'): NewRecord => ({
  topic,
  partition: 0,
  key: 'key',
  value: Buffer.from(text),
  headers: {},
  timestamp: 1,
});

const textsOf = (read: IteratorResult<RecordBatch, unknown>): string[] =>
  read.done === true ? [] : read.value.records.map((one) => String(one.value));

const topic = (name: string, cleanup: 'delete' | 'compact') => ({ name, key: 'id', cleanup, retentionMs: 60_000 });
const topics = [topic('input', 'delete'), topic('output', 'delete'), topic('table', 'compact')];

let path: string;
let log: EventLog;
/** The same environment, as another process has it. */
let foreign: RootDatabase<Buffer, typeof WRITES>;
let stop: AbortController;
let epoch: OwnershipEpoch;
let source: LogWriter;
let member: LogWriter;

beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), 'read-ahead-'));
  log = await openEmbeddedEventLog({ path });
  foreign = open({ path, encoding: 'binary' });
  await log.admin.ensureTopics(topics, { partitions: 1 });
  stop = new AbortController();
  const joined = await log.join('group', ['input', 'table'], stop.signal)[Symbol.asyncIterator]().next();
  epoch = joined.value as OwnershipEpoch;
  source = await log.openWriter('source');
  member = await log.openWriter('member');
});

afterEach(async () => {
  stop.abort();
  await log.close();
  await foreign.close();
  rmSync(path, { recursive: true, force: true });
});

const reading = (writer?: LogWriter, topic = 'input'): AsyncIterator<RecordBatch> =>
  epoch.read([{ topic, partition: 0, offset: 0 }], stop.signal, undefined, writer)[Symbol.asyncIterator]();

const consumed = (offset: number) => ({ group: 'group', offsets: [{ topic: 'input', partition: 0, offset }] });

/** Holds LMDB's write lock, as a transaction of another process does. @returns what ends it, having written */
async function anotherWrites(): Promise<() => Promise<void>> {
  let end = (): void => undefined;
  const ending = new Promise<void>((resolve) => (end = resolve));
  let written: Promise<unknown> | undefined;
  await new Promise<void>((begun) => {
    written = foreign.transaction(async () => {
      begun();
      await ending;
      void foreign.put(WRITES, Buffer.alloc(8, 1));
    });
  });
  return async () => {
    end();
    await written;
  };
}

describe('a member that reads with its writer', () => {
  it('has what was decided before it is durable, which nobody else has, and commits after it', async () => {
    const end = await anotherWrites();
    const ahead = reading(member).next();
    const behind = reading().next();
    const commits: string[] = [];
    const first = source.commit({ records: [record('1')] }).then(() => commits.push('source'));
    expect(textsOf(await ahead)).toEqual(['1']);
    const second = member.commit({ records: [], consumed: consumed(1) }).then(
      () => commits.push('member'),
      () => commits.push('lost'),
    );
    const early = await Promise.race([behind, new Promise((resolve) => setTimeout(resolve, 50, 'nothing'))]);
    expect([early, commits]).toEqual(['nothing', []]);
    await end();
    await Promise.all([first, second]);
    expect(textsOf(await behind)).toEqual(['1']);
  });

  it('loses what another process came before, and so does what it commits', async () => {
    const end = await anotherWrites();
    const batches = reading(member);
    const ahead = batches.next();
    const committed = source.commit({ records: [record('1')] });
    expect(textsOf(await ahead)).toEqual(['1']);
    const next = batches.next();
    const answer = member.commit({ records: [record('2', 'output')], consumed: consumed(1) });
    const [lost, refused] = [expect(next).rejects, expect(answer).rejects].map((rejects) =>
      rejects.toMatchObject({ code: 'LOST_AHEAD' }),
    );
    await end();
    await Promise.all([lost, refused]);
    await expect(member.commit({ records: [] })).rejects.toMatchObject({ code: 'WRITER_SPENT' });
    expect((await committed).offsets).toEqual([{ topic: 'input', partition: 0, offset: 0 }]);
    expect(await log.admin.committed('group')).toEqual([]);
    expect((await log.admin.partitions('input'))[0]?.end).toBe(1);
    expect(textsOf(await reading(await log.openWriter('member')).next())).toEqual(['1']);
  });

  it('commits one after the other before the first is durable, and is told where the records will stand', async () => {
    const batches = reading(member);
    const ahead = batches.next();
    await source.commit({ records: [record('1')] });
    await ahead;
    const told: number[] = [];
    const commits = ['2', '3'].map((text) =>
      member.commit({ records: [record(text)] }, ({ offsets }) => told.push(offsets[0]?.offset ?? -1)),
    );
    expect(told).toEqual([1, 2]);
    expect((await Promise.all(commits)).map(({ offsets }) => offsets[0]?.offset)).toEqual([1, 2]);
  });

  it('has records of a compacted topic when they are durable, which are not shared', async () => {
    const batches = reading(member, 'table');
    for (const text of ['1', '2']) {
      const next = batches.next();
      await source.commit({ records: [record(text, 'table')] });
      expect(textsOf(await next)).toEqual([text]);
    }
  });

  it('has what was committed with the write lock held, ahead of nobody', async () => {
    const batches = reading(member);
    await (
      await anotherWrites()
    )();
    for (const text of ['1', '2', '3']) {
      const next = batches.next();
      await source.commit({ records: [record(text)] });
      expect(textsOf(await next)).toEqual([text]);
    }
  });
});
