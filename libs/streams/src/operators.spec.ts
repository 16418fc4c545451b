import { describe, expect, it } from '@jest/globals';
import { eventTopic, eventType } from '@order-flow/contracts';
import * as fc from 'fast-check';
import { z } from 'zod';
import { filter, map } from './operators.js';
import { testDriver } from './test-driver.js';
import { topology, type TopologyBuilder } from './topology.js';
import { windowStarts, windowOf } from './windows.js';

const readings = eventTopic('reading.events', 'sensor', { Read: eventType(z.object({ celsius: z.int() })) });
const places = eventTopic('place.events', 'sensor', {
  Placed: eventType(z.object({ room: z.string() })),
  Removed: eventType(z.object({})),
});
const reports = eventTopic('report.events', 'sensor', { Reported: eventType(z.object({ text: z.string() })) });

const START = Date.UTC(2026, 0, 1);
const reported = map((text: string) => ({ type: 'Reported' as const, data: { text } }));
const SUM = {
  initialState: () => 0,
  fold: (sum: number, { data }: { data: { celsius: number } }): number => sum + data.celsius,
};

/** Runs a topology once as it is and once with a restart after every record: both give the same. */
function given(define: (t: TopologyBuilder) => void) {
  const drivers = [false, true].map((restartAfterEveryRecord) =>
    testDriver(topology('sensors', define), { restartAfterEveryRecord, startAt: START }),
  );
  const given = {
    /** A reading at a moment after the start, in the order of arrival. */
    read(sensor: string, celsius: number, at: number) {
      for (const driver of drivers) driver.pipeAt(START + at, readings, sensor, { type: 'Read', data: { celsius } });
      return given;
    },
    placed(sensor: string, room: string) {
      for (const driver of drivers) driver.pipe(places, sensor, { type: 'Placed', data: { room } });
      return given;
    },
    removed(sensor: string) {
      for (const driver of drivers) driver.pipe(places, sensor, { type: 'Removed', data: {} });
      return given;
    },
    /** What was reported, as `sensor: text`. */
    reports(): string[] {
      const [once, again] = drivers.map((driver) =>
        driver.events(reports).map(({ id, subject, data }) => ({ id, text: `${subject}: ${data.text}` })),
      );
      expect(again).toEqual(once);
      expect(new Set(once?.map(({ id }) => id)).size).toBe(once?.length);
      return once?.map(({ text }) => text) ?? [];
    },
    store: (name: string) => drivers[0]?.store(name) ?? {},
  };
  return given;
}

describe('a branch', () => {
  it('takes each record once: by the first predicate that holds, or otherwise', () => {
    const run = given((t) => {
      const { hot, warm, otherwise } = t.from(readings).branch({
        hot: ({ data }) => data.celsius > 30,
        warm: ({ data }) => data.celsius > 20,
      });
      t.merge(hot.pipe(map(() => 'hot')), warm.pipe(map(() => 'warm')), otherwise.pipe(map(() => 'cold')))
        .pipe(reported)
        .to(reports);
    });
    expect(run.read('a', 35, 0).read('a', 25, 1).read('a', 5, 2).reports()).toEqual(['a: hot', 'a: warm', 'a: cold']);
  });
});

describe('an aggregate', () => {
  it('gives out each new state of a key', () => {
    const run = given((t) =>
      t.from(readings).aggregate(t.store('sums', z.int()), SUM).pipe(map(String), reported).to(reports),
    );
    expect(run.read('a', 1, 0).read('b', 5, 1).read('a', 2, 2).reports()).toEqual(['a: 1', 'b: 5', 'a: 3']);
  });
});

describe('a join', () => {
  const joining = (left: boolean) =>
    given((t) => {
      const rooms = t
        .from(places)
        .toTable(t.store('rooms', z.string()), (event) => (event.type === 'Placed' ? event.data.room : undefined));
      const source = t.from(readings);
      const joined = left
        ? source.leftJoin(rooms, ({ data }, room) => `${data.celsius} in ${room ?? 'nowhere'}`)
        : source.join(rooms, ({ data }, room) => `${data.celsius} in ${room}`);
      joined.pipe(reported).to(reports);
    })
      .read('a', 1, 0)
      .placed('a', 'attic')
      .read('a', 2, 1)
      .placed('a', 'cellar')
      .read('a', 3, 2)
      .removed('a')
      .read('a', 4, 3);

  it('finds the row the key has now', () =>
    expect(joining(false).reports()).toEqual(['a: 2 in attic', 'a: 3 in cellar']));

  it('on the left goes on without one', () =>
    expect(joining(true).reports()).toEqual(['a: 1 in nowhere', 'a: 2 in attic', 'a: 3 in cellar', 'a: 4 in nowhere']));
});

describe('a windowed aggregate', () => {
  const windowed = (settings: { graceMs?: number; emit?: 'updates' | 'final'; advanceMs?: number }) =>
    given((t) => {
      const { results, late } = t.from(readings).windowed(t.store('sums', z.int()), { sizeMs: 10, ...settings }, SUM);
      t.merge(
        results.pipe(map(({ start, end, value }) => `${start - START}-${end - START} ${value}`)),
        late.pipe(map(({ data }) => `late ${data.celsius}`)),
      )
        .pipe(reported)
        .to(reports, { id: (value, record) => [record.cause.eventId, JSON.stringify(value.data)] });
    });

  it('gives each new value, and takes what is late but within the grace', () => {
    const run = windowed({ graceMs: 5 })
      .read('a', 1, 1)
      .read('a', 2, 12)
      .read('a', 4, 9)
      .read('b', 8, 14)
      .read('a', 16, 2);
    expect(run.reports()).toEqual(['a: 0-10 1', 'a: 10-20 2', 'a: 0-10 5', 'b: 10-20 8', 'a: 0-10 21']);
    expect(run.read('c', 1, 15).read('a', 32, 3).reports().slice(5)).toEqual(['c: 10-20 1', 'a: late 32']);
  });

  it('forgets a window when it closes', () => {
    const run = windowed({}).read('a', 1, 1).read('b', 1, 2);
    expect(Object.keys(run.store('sums'))).toHaveLength(2);
    expect(Object.keys(run.read('a', 1, 10).store('sums'))).toHaveLength(1);
  });

  it('gives final values once, oldest first, when stream time closes them', () => {
    const run = windowed({ emit: 'final', graceMs: 2 })
      .read('b', 1, 1)
      .read('a', 2, 11)
      .read('a', 4, 3)
      .read('a', 8, 12);
    expect(run.reports()).toEqual(['a: 0-10 4', 'b: 0-10 1']);
    expect(run.read('a', 16, 40).reports().slice(2)).toEqual(['a: 10-20 10']);
  });

  it('hops: a record counts in every window that holds it', () => {
    const run = windowed({ advanceMs: 5 }).read('a', 1, 7).read('a', 2, 12);
    expect(run.reports()).toEqual(['a: 0-10 1', 'a: 5-15 1', 'a: 5-15 3', 'a: 10-20 2']);
  });

  it('gives what a fold of all records that are not late gives, whatever their order', () => {
    const shape = fc.record({
      sizeMs: fc.integer({ min: 1, max: 12 }),
      divisor: fc.integer({ min: 1, max: 3 }),
      graceMs: fc.integer({ min: 0, max: 10 }),
    });
    const arrivals = fc.array(
      fc.record({ at: fc.integer({ min: 0, max: 60 }), celsius: fc.integer({ min: 1, max: 9 }) }),
    );
    fc.assert(
      fc.property(shape, arrivals, ({ sizeMs, divisor, graceMs }, list) => {
        const advanceMs = Math.max(1, Math.floor(sizeMs / divisor));
        const settings = { sizeMs, advanceMs, graceMs, emit: 'final' as const };
        const run = given((t) => {
          const { results } = t.from(readings).windowed(t.store('sums', z.int()), settings, SUM);
          results
            .pipe(
              map(({ start, value }) => `${start} ${value}`),
              reported,
            )
            .to(reports);
        });
        const expected = new Map<number, number>();
        let time = 0;
        for (const { at, celsius } of [...list, { at: 10_000, celsius: 1 }]) {
          run.read('a', celsius, at);
          time = Math.max(time, START + at);
          for (const start of windowStarts(START + at, windowOf(settings))) {
            if (start + sizeMs + graceMs > time) expected.set(start, (expected.get(start) ?? 0) + celsius);
          }
        }
        const closed = [...expected].filter(([start]) => start + sizeMs + graceMs <= time).sort(([a], [b]) => a - b);
        expect(run.reports()).toEqual(closed.map(([start, value]) => `a: ${start} ${value}`));
      }),
      { numRuns: 150 },
    );
  });
});

describe('where other records carry stream time on', () => {
  it('windows close with the next record that reaches them, and the store stays small', () => {
    const run = given((t) => {
      t.from(readings)
        .pipe(filter(({ data }) => data.celsius > 0))
        .windowed(t.store('sums', z.int()), { sizeMs: 10, emit: 'final' }, SUM)
        .results.pipe(
          map(({ start, value }) => `${start - START} ${value}`),
          reported,
        )
        .to(reports);
    });
    for (let at = 0; at < 1_000; at += 10) run.read('a', 0, at).read('a', 1, at + 5);
    expect(run.reports()).toEqual(Array.from({ length: 99 }, (_, index) => `a: ${index * 10} 1`));
    expect(Object.keys(run.store('sums'))).toHaveLength(1);
  });

  it('dedup forgets all the same, also when more goes at once than it clears away with one record', () => {
    const driver = testDriver(
      topology('sensors', (t) => {
        t.from(readings)
          .pipe(filter(({ data }) => data.celsius > 0))
          .dedup(t.store('seen', z.number()), { id: ({ data }) => String(data.celsius), horizonMs: 1_000 });
      }),
      { startAt: START },
    );
    const read = (celsius: number, at: number): void =>
      driver.pipeAt(START + at, readings, 'a', { type: 'Read', data: { celsius } });
    for (let id = 1; id <= 12_000; id++) read(id, 1);
    read(0, 10_000);
    for (let id = 1; id <= 1_100; id++) read(id, 10_001);
    expect(Object.keys(driver.store('seen'))).toHaveLength(1_100);
  });
});

describe('dedup', () => {
  const deduplicated = (horizonMs: number) =>
    given((t) =>
      t
        .from(readings)
        .dedup(t.store('seen', z.number()), { id: ({ data }) => String(data.celsius), horizonMs })
        .pipe(
          map(({ data }) => String(data.celsius)),
          reported,
        )
        .to(reports),
    );

  it('lets the first of an id and key pass within the horizon', () => {
    const run = deduplicated(100).read('a', 1, 0).read('a', 1, 100).read('b', 1, 50).read('a', 2, 60).read('a', 1, 101);
    expect(run.reports()).toEqual(['a: 1', 'b: 1', 'a: 2', 'a: 1']);
  });

  it('knows what comes out of order, on either side', () => {
    const run = deduplicated(100).read('a', 1, 150).read('a', 1, 60).read('a', 2, 80).read('a', 2, 120);
    expect(run.reports()).toEqual(['a: 1', 'a: 2']);
  });

  it('forgets what is out of reach', () => {
    const run = deduplicated(100);
    for (let at = 0; at < 2_000; at += 10) run.read('a', at, at);
    expect(Object.keys(run.store('seen')).length).toBeLessThan(35);
  });
});

describe('stream time', () => {
  it('punctuates once when it passes a multiple, however far, after the record that carried it', () => {
    const run = given((t) => {
      const counts = t.store('counts', z.int());
      const source = t.from(readings);
      source.process('count', { counts }, ({ key }, stores) => {
        stores.counts.put(key, (stores.counts.get(key) ?? 0) + 1);
        return [];
      });
      source
        .everyStreamTime('report', 1_000, { counts }, (now, stores) =>
          [...stores.counts.range({})].map(([key, count]) => ({
            key,
            value: `${count} by ${now - START}`,
            causationId: `report:${now}`,
            correlationId: key,
          })),
        )
        .pipe(reported)
        .to(reports);
    });
    run.read('a', 1, 10).read('a', 1, 900).read('a', 1, 1_100).read('a', 1, 500).read('a', 1, 4_500);
    expect(run.reports()).toEqual(['a: 3 by 1100', 'a: 5 by 4500']);
  });
});
