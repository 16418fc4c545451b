import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LogRecord, NewRecord } from '../../port.js';
import { crc32c } from './crc32c.js';
import { BatchDecoder, splitBatches } from './decode-batch.js';
import { encodeBatch } from './encode-batch.js';
import { AT, BEFORE_LENGTH } from './record-batch.js';

const at = { topic: 't', partition: 3 };
const producer = { producerId: 4_000_000_000n, producerEpoch: 7, baseSequence: 12 };

function recordsOf(recordSet: Buffer): LogRecord[] {
  return splitBatches(recordSet, at).flatMap((batch) => {
    const decoder = new BatchDecoder(batch, at);
    const records: LogRecord[] = [];
    for (let record = decoder.next(); record; record = decoder.next()) records.push(record);
    return records;
  });
}

/** As a leader stores it: with the offset it gives. */
function stored(batch: Buffer, baseOffset: number): Buffer {
  batch.writeBigInt64BE(BigInt(baseOffset), AT.baseOffset);
  return batch;
}

const newRecord = (key: string): NewRecord => ({ ...at, key, value: Buffer.from(key), timestamp: 1_700_000_000_000 });

const anyRecord: fc.Arbitrary<NewRecord> = fc.record({
  topic: fc.constant(at.topic),
  partition: fc.constant(at.partition),
  key: fc.option(fc.string({ unit: 'binary' })),
  value: fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))),
  headers: fc.dictionary(fc.string({ minLength: 1 }), fc.string()),
  timestamp: fc.integer({ min: 0, max: 4_102_444_800_000 }),
});

describe('record batches', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 200 }), (records) => {
        const decoded = recordsOf(stored(encodeBatch(records, producer), 5_000_000_000));
        const expected = records.map((record, index) => ({
          ...record,
          headers: { ...record.headers },
          offset: 5_000_000_000 + index,
        }));
        expect(decoded).toEqual(expected);
      }),
    );
  });

  it('say who wrote them, and with which checksum', () => {
    const batch = encodeBatch(['a', 'b', 'c'].map(newRecord), producer);
    const [encoded] = splitBatches(stored(batch, 10), at);
    expect(encoded).toMatchObject({ baseOffset: 10, lastOffset: 12, producerId: 4_000_000_000n });
    expect(encoded).toMatchObject({ transactional: true, control: false });
    expect(batch.readInt32BE(AT.baseSequence)).toBe(12);
    expect(batch.readUInt32BE(AT.crc)).toBe(crc32c(batch, AT.attributes));
  });

  it('have the checksum of RFC 3720', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
    expect(crc32c(Buffer.alloc(0))).toBe(0);
  });

  it('are read as far as they are complete', () => {
    const first = stored(encodeBatch([newRecord('a')], producer), 0);
    const second = stored(encodeBatch([newRecord('b')], producer), 1);
    const cut = Buffer.concat([first, second]).subarray(0, -1);
    expect(recordsOf(cut).map(({ key }) => key)).toEqual(['a']);
  });

  it('are read from gzip, and refused from other compression', () => {
    const plain = stored(encodeBatch(['a', 'b'].map(newRecord), producer), 0);
    const compressed = (codec: number): Buffer => {
      const batch = Buffer.concat([plain.subarray(0, AT.records), gzipSync(plain.subarray(AT.records))]);
      batch.writeInt32BE(batch.length - BEFORE_LENGTH, AT.length);
      batch.writeInt16BE(codec, AT.attributes);
      return batch;
    };
    expect(recordsOf(compressed(1)).map(({ key }) => key)).toEqual(['a', 'b']);
    expect(() => recordsOf(compressed(2))).toThrow(expect.objectContaining({ code: 'LOG_CORRUPT' }));
  });
});
