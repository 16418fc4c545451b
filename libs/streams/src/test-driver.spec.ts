import { describe as group, expect, it } from '@jest/globals';
import { eventTopic, eventType } from '@order-flow/contracts';
import { z } from 'zod';
import { describe, describeMermaid } from './describe.js';
import type { StreamsError } from './errors.js';
import { filter, flatMap, map, ofType } from './operators.js';
import { testDriver } from './test-driver.js';
import { topology } from './topology.js';

const taps = eventTopic('tap.events', 'room', {
  Tapped: eventType(z.object({ times: z.int() })),
  Reset: eventType(z.object({})),
});
const sums = eventTopic('sum.events', 'room', { Summed: eventType(z.object({ total: z.int() })) });

const summing = topology('summing', (t) => {
  const totals = t.store('totals', z.int());
  t.from(taps)
    .pipe(ofType('Tapped'))
    .process('sum', { totals }, ({ key, value }, stores) => {
      if (value.data.times < 0) throw new Error('negative taps');
      const total = (stores.totals.get(key) ?? 0) + value.data.times;
      stores.totals.put(key, total);
      return [{ type: 'Summed' as const, data: { total } }];
    })
    .to(sums);
});

const tap = (times: number) => ({ type: 'Tapped' as const, data: { times } });

group('a topology in the test driver', () => {
  it('keeps state per key and writes events with ids that a replay makes again', () => {
    const run = () => {
      const driver = testDriver(summing);
      driver.pipe(taps, 'kitchen', tap(2));
      driver.pipe(taps, 'bath', tap(1));
      driver.pipe(taps, 'kitchen', tap(3));
      return driver.events(sums);
    };
    expect(run().map(({ subject, data }) => [subject, data.total])).toEqual([
      ['kitchen', 2],
      ['bath', 1],
      ['kitchen', 5],
    ]);
    expect(run()).toEqual(run());
  });

  it('gives the same outputs when it restarts after every record', () => {
    const outputs = [false, true].map((restartAfterEveryRecord) => {
      const driver = testDriver(summing, { restartAfterEveryRecord });
      for (const times of [1, 2, 3, 4]) driver.pipe(taps, 'kitchen', tap(times));
      return driver.events(sums);
    });
    expect(outputs[0]).toHaveLength(4);
    expect(outputs[1]).toEqual(outputs[0]);
  });

  it('parks what fails with its reason, undoes its writes and goes on', () => {
    const driver = testDriver(summing);
    driver.pipe(taps, 'kitchen', tap(2));
    driver.pipe(taps, 'kitchen', tap(-1));
    driver.pipeRaw('tap.events', 'kitchen', Buffer.from('{not json'));
    driver.pipe(taps, 'kitchen', tap(3));
    driver.pipe(taps, 'bath', tap(4));
    expect(driver.outputs(sums).map(({ data }) => data.total)).toEqual([2, 4]);
    const codes = driver.deadLetters().map(({ headers }) => headers['dlq-code']);
    expect(codes).toEqual(['Error', 'KEY_PARKED', 'KEY_PARKED']);
    expect(driver.deadLetters()[0]?.headers).toMatchObject({
      'dlq-topic': 'tap.events',
      'dlq-offset': '1',
      'dlq-error': 'negative taps',
    });
  });

  it('sends records of one key through a repartition to one place', () => {
    const driver = testDriver(
      topology('by-parity', (t) => {
        const counts = t.store('counts', z.int());
        t.from(taps)
          .pipe(
            ofType('Tapped'),
            filter(({ data }) => data.times > 0),
            flatMap(({ data }) => [data.times, data.times + 1]),
          )
          .repartition('parity', { schema: z.int(), key: (value) => (value % 2 === 0 ? 'even' : 'odd') })
          .process('count', { counts }, ({ key }, stores) => {
            stores.counts.put(key, (stores.counts.get(key) ?? 0) + 1);
            return [];
          });
      }),
    );
    driver.pipe(taps, 'kitchen', tap(1));
    driver.pipe(taps, 'bath', tap(2));
    driver.pipe(taps, 'bath', tap(-2));
    expect(driver.store('counts')).toEqual({ even: 2, odd: 2 });
  });

  it('punctuates on virtual time', () => {
    const driver = testDriver(
      topology('ticking', (t) => {
        const ticks = t.store('ticks', z.int());
        t.from(taps);
        t.every('tick', 1_000, { ticks }, (now, stores) => {
          const count = (stores.ticks.get('n') ?? 0) + 1;
          stores.ticks.put('n', count);
          const value = { type: 'Summed' as const, data: { total: count } };
          return [{ key: 'clock', value, causationId: `tick:${now}`, correlationId: 'clock' }];
        }).to(sums);
      }),
    );
    driver.advance(999);
    expect(driver.outputs(sums)).toEqual([]);
    driver.advance(2_001);
    expect(driver.outputs(sums).map(({ data }) => data.total)).toEqual([1, 2, 3]);
  });
});

const SUM = { initialState: () => 0, fold: (sum: number) => sum };

group('a topology that cannot work', () => {
  const refused = (define: Parameters<typeof topology>[1]) => {
    try {
      topology('broken', define);
      return 'built';
    } catch (error) {
      return (error as StreamsError).message;
    }
  };

  it('is refused with the name of the node', () => {
    expect(refused(() => undefined)).toContain('nothing is read');
    expect(
      refused((t) => {
        t.from(taps);
        t.store('one', z.int());
        t.store('one', z.int());
      }),
    ).toContain('two stores are named "one"');
    expect(
      refused((t) => {
        const one = t.store('one', z.int());
        t.from(taps)
          .rekey(() => 'x')
          .process('lost', { one }, () => []);
      }),
    ).toContain('node "lost" uses a store behind a rekey');
    expect(
      refused((t) =>
        t
          .from(taps)
          .pipe(map(({ data }) => ({ type: 'Tapped' as const, data: { times: 1, ...data } })))
          .to(taps),
      ),
    ).toContain('"tap.events" is read and written');
    expect(
      refused((t) => {
        t.from(taps).process('foreign', { other: { name: 'other', schema: z.int() } }, () => []);
      }),
    ).toContain('node "foreign" uses store "other" of another topology');
    const narrow = { ...taps, name: 'narrow.events', partitions: 1 };
    expect(
      refused((t) => {
        const table = t.from(narrow).toTable(t.store('rows', z.int()), () => 1);
        t.from(taps).join(table, (_, row) => row);
      }),
    ).toContain('"narrow.events" and "tap.events" are not co-partitioned');
    expect(
      refused((t) => {
        topology('other', (other) => t.merge(t.from(taps), other.from(taps)));
      }),
    ).toContain('a merge of streams of another topology');
    expect(
      refused((t) => {
        t.from(taps).windowed(t.store('sums', z.int()), { sizeMs: 10, advanceMs: 20 }, SUM);
      }),
    ).toContain('broken: node "window:sums": a window of 10 ms every 20 ms');
  });

  it('is refused when a setting makes no sense, with the name of the node', () => {
    expect(
      refused((t) => {
        t.from(taps).dedup(t.store('seen', z.number()), { id: () => 'x', horizonMs: 0 });
      }),
    ).toContain('broken: node "dedup:seen": a horizon of 0 ms');
    expect(
      refused((t) => {
        t.from(taps).repartition('By Tap', { schema: z.unknown(), key: () => 'x' });
      }),
    ).toContain('"By Tap" is no repartition\'s name');
    for (const interval of [0, -1, 0.5, NaN, Infinity]) {
      expect(
        refused((t) => {
          t.from(taps);
          t.every('tick', interval, {}, () => []);
        }),
      ).toContain(`node "tick" runs every ${interval} ms`);
      expect(
        refused((t) => {
          t.from(taps).everyStreamTime('tock', interval, {}, () => []);
        }),
      ).toContain(`node "tock" runs every ${interval} ms`);
    }
  });

  it('is refused when it uses a store of another topology that has the name of its own', () => {
    topology('first', (first) => {
      first.from(taps);
      const words = first.store('one', z.string());
      expect(
        refused((t) => {
          t.store('one', z.int());
          t.from(taps).process('mixed', { words }, () => []);
        }),
      ).toContain('node "mixed" uses store "one" of another topology');
    });
  });
});

group('describe', () => {
  it('shows nodes, stores and sub-topologies', () => {
    expect(describe(summing)).toBe(
      [
        'Topology summing',
        '  Sub-topology 0',
        '    #0 source tap.events',
        '    #1 pipe <- #0',
        '    #2 process sum <- #1 [totals]',
        '    #3 sink sum.events <- #2',
      ].join('\n'),
    );
    expect(describeMermaid(summing)).toContain('n2 --> n3');
  });
});
