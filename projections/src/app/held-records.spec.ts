import { beforeEach, describe, expect, it } from '@jest/globals';
import type { CloudEvent } from '@order-flow/contracts';
import type { Offset } from '@order-flow/event-log';
import type { ParsedRecord } from './apply-batch.js';
import { HeldRecords } from './held-records.js';

const LINGER_MS = 100;

describe('records that may wait', () => {
  let next: Record<string, number>;
  let held: HeldRecords;
  beforeEach(() => {
    next = {};
    held = holding(true);
  });
  const holding = (ofOneSlice: boolean): HeldRecords =>
    new HeldRecords({ ofOneSlice, lingerMs: { patient: LINGER_MS }, keys: (event) => [(event as CloudEvent).subject] });

  const record = (topic: 'patient' | 'hasty', subject: string): ParsedRecord => {
    const offset = next[topic] ?? 0;
    next[topic] = offset + 1;
    return { record: { topic, partition: 0, offset }, event: { subject } } as ParsedRecord;
  };
  const taken = (now: number, all = false) =>
    held.take(now, all).map(({ record: { topic, offset }, event: { subject } }) => `${subject} ${topic} ${offset}`);
  /** Where the topics are, all of which was read. */
  const reached = () => {
    const ends = Object.entries(next).map(([topic, offset]): [string, Offset] => [
      `${topic}/0`,
      { topic, partition: 0, offset },
    ]);
    return Object.fromEntries(held.reached(new Map(ends)).map(({ topic, offset }) => [topic, offset]));
  };

  it('go with the first of their document that may not, and hold back no other document', () => {
    held.add([record('patient', 'a'), record('patient', 'b'), record('hasty', 'c')], 0);
    expect(taken(0)).toEqual(['c hasty 0']);
    held.add([record('patient', 'a'), record('hasty', 'a')], 10);
    expect(taken(10)).toEqual(['a patient 0', 'a patient 2', 'a hasty 1']);
    expect(held.isEmpty).toBe(false);
  });

  it('keep their partitions from getting past them', () => {
    held.add([record('hasty', 'c'), record('patient', 'a'), record('patient', 'b'), record('patient', 'b')], 0);
    taken(0);
    expect(reached()).toEqual({ hasty: 1, patient: 0 });
    held.add([record('hasty', 'a')], 1);
    taken(1);
    expect(reached()).toEqual({ hasty: 2, patient: 1 });
    taken(LINGER_MS);
    expect(reached()).toEqual({ hasty: 2, patient: 3 });
  });

  it('wait for as long as the first of their document may', () => {
    held.add([record('patient', 'a')], 0);
    held.add([record('patient', 'a'), record('patient', 'b')], 60);
    expect([taken(60), held.untilDue(60)]).toEqual([[], 40]);
    expect(taken(LINGER_MS)).toEqual(['a patient 0', 'a patient 1']);
    expect(held.untilDue(LINGER_MS)).toBe(60);
    expect(taken(160)).toEqual(['b patient 2']);
    expect([held.isEmpty, held.untilDue(160)]).toEqual([true, Infinity]);
  });

  it('wait for all where events change several documents', () => {
    held = holding(false);
    held.add([record('patient', 'a'), record('patient', 'b')], 0);
    expect(taken(0)).toEqual([]);
    held.add([record('hasty', 'c')], 1);
    expect(taken(1)).toEqual(['a patient 0', 'b patient 1', 'c hasty 0']);
  });

  it('do not wait when they are too many, nor when there will be no more', () => {
    held.add([record('patient', 'a')], 0);
    expect(taken(0, true)).toHaveLength(1);
    held.add(
      Array.from({ length: 4_001 }, (_, index) => record('patient', `order-${index}`)),
      0,
    );
    expect(taken(0)).toHaveLength(4_001);
  });
});
