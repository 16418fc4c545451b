import { describe, expect, it } from '@jest/globals';
import type { FetchedPartition } from '../protocol/fetch-request.js';
import { encodeBatch } from '../records/encode-batch.js';
import { AT, ATTRIBUTES } from '../records/record-batch.js';
import { PartitionCursor } from './partition-cursor.js';

const at = { topic: 't', partition: 0 };

/** A batch as a leader keeps it; its last offset may lie beyond its last record, where compaction removed some. */
function batch(producerId: number, offset: number, keys: readonly string[], lastOffset?: number): Buffer {
  const records = keys.map((key) => ({ ...at, key, value: Buffer.from(key), timestamp: 1 }));
  const bytes = encodeBatch(records, { producerId: BigInt(producerId), producerEpoch: 0, baseSequence: 0 });
  bytes.writeBigInt64BE(BigInt(offset), AT.baseOffset);
  if (lastOffset !== undefined) bytes.writeInt32BE(lastOffset - offset, AT.lastOffsetDelta);
  return bytes;
}

function marker(producerId: number, offset: number, outcome: 'commit' | 'abort'): Buffer {
  const key = Buffer.from([0, 0, 0, outcome === 'commit' ? 1 : 0]).toString('latin1');
  const bytes = batch(producerId, offset, [key]);
  bytes.writeInt16BE(ATTRIBUTES.transactional | ATTRIBUTES.control, AT.attributes);
  return bytes;
}

const fetched = (end: number, batches: Buffer[], aborted: FetchedPartition['aborted'] = []): FetchedPartition => ({
  ...at,
  errorCode: 0,
  end,
  aborted,
  recordSet: Buffer.concat(batches),
});

const cursorAt = (offset: number, stop = Infinity) => new PartitionCursor({ ...at, offset }, stop, 0);
const keysOf = (cursor: PartitionCursor, maxRecords = 100) =>
  cursor.take(maxRecords)?.records.map(({ key, offset }) => `${key}@${offset}`);

describe('a partition cursor', () => {
  it('passes over markers: the position after them is the end', () => {
    const cursor = cursorAt(0);
    cursor.accept(fetched(4, [batch(1, 0, ['a', 'b', 'c']), marker(1, 3, 'commit')]));
    expect(cursor.take(100)).toMatchObject({ nextOffset: 4, endOffset: 4 });
    cursor.accept(fetched(5, [marker(2, 4, 'commit')]));
    expect(cursor.take(100)).toEqual({ ...at, records: [], nextOffset: 5, endOffset: 5 });
    expect(cursor.take(100)).toBeUndefined();
  });

  it('hides what was aborted, and only that, where transactions of several producers lie between each other', () => {
    const cursor = cursorAt(0);
    const batches = [
      batch(1, 0, ['lost']),
      batch(2, 1, ['kept']),
      batch(1, 2, ['lost too']),
      marker(1, 3, 'abort'),
      batch(1, 4, ['kept later']),
      marker(2, 5, 'commit'),
      marker(1, 6, 'commit'),
    ];
    cursor.accept(fetched(7, batches, [{ producerId: 1n, firstOffset: 0 }]));
    expect(keysOf(cursor)).toEqual(['kept@1', 'kept later@4']);
    expect(cursor.position).toBe(7);
  });

  it('knows what was aborted also when it begins in the middle of it', () => {
    const cursor = cursorAt(2);
    const batches = [
      batch(1, 0, ['x', 'y', 'z']),
      marker(1, 3, 'abort'),
      batch(1, 4, ['kept']),
      marker(1, 5, 'commit'),
    ];
    cursor.accept(fetched(6, batches, [{ producerId: 1n, firstOffset: 0 }]));
    expect(keysOf(cursor)).toEqual(['kept@4']);
  });

  it('hands out a batch in parts, from its position on', () => {
    const cursor = cursorAt(1);
    cursor.accept(fetched(5, [batch(1, 0, ['a', 'b', 'c', 'd']), marker(1, 4, 'commit')]));
    expect(keysOf(cursor, 2)).toEqual(['b@1', 'c@2']);
    expect(cursor.position).toBe(3);
    expect(keysOf(cursor, 2)).toEqual(['d@3']);
    expect(cursor.position).toBe(5);
  });

  it('passes over gaps that compaction left, in batches and between them', () => {
    const cursor = cursorAt(0);
    cursor.accept(fetched(30, [batch(1, 5, ['a'], 9), batch(1, 20, [], 29)]));
    expect(cursor.fetchOffset).toBe(30);
    expect(keysOf(cursor)).toEqual(['a@5']);
    expect(cursor.position).toBe(30);
  });

  it('stops where it is told to', () => {
    const cursor = cursorAt(0, 3);
    cursor.accept(fetched(6, [batch(1, 0, ['a', 'b']), marker(1, 2, 'commit'), batch(1, 3, ['late'])]));
    expect(keysOf(cursor)).toEqual(['a@0', 'b@1']);
    expect([cursor.position, cursor.isDone, cursor.bytes]).toEqual([3, true, 0]);
  });

  it('counts the bytes that wait', () => {
    const cursor = cursorAt(0);
    const one = batch(1, 0, ['a']);
    const two = batch(1, 1, ['b']);
    cursor.accept(fetched(2, [one, two]));
    expect(cursor.bytes).toBe(one.length + two.length);
    cursor.take(1);
    expect(cursor.bytes).toBe(two.length);
    cursor.take(1);
    expect(cursor.bytes).toBe(0);
  });
});
