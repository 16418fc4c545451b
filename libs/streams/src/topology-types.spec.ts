/* eslint-disable @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unused-expressions, @typescript-eslint/restrict-plus-operands -- what must not compile has no types */
import { describe, expect, it } from '@jest/globals';
import { type EventOf, eventTopic, eventType } from '@order-flow/contracts';
import { bufferCount, scan } from 'rxjs';
import { z } from 'zod';
import { filter, map, ofType } from './operators.js';
import { topology, type TopologyBuilder } from './topology.js';

const doors = eventTopic('door.events', 'room', {
  Opened: eventType(z.object({ by: z.string() })),
  Closed: eventType(z.object({ at: z.int() })),
});
const alarms = eventTopic('alarm.events', 'room', { Raised: eventType(z.object({ why: z.string() })) });

/** The compiler tests the body: a marked line that compiles fails the build. It is not meant to run. */
const defines = (define: (t: TopologyBuilder) => void): void => expect(() => define).not.toThrow();

describe('the types of a topology', () => {
  it('let a right one through, and run it', () => {
    const built = topology('doors', (t) => {
      const counts = t.store('counts', z.int());
      const raised = t
        .from(doors)
        .pipe(
          ofType('Opened'),
          filter(({ data }) => data.by.length > 0),
        )
        .process('count', { counts }, ({ key, value }, stores) => {
          stores.counts.put(key, (stores.counts.get(key) ?? 0) + 1);
          return [{ type: 'Raised' as const, data: { why: value.data.by } }];
        });
      raised.to(alarms);
    });
    expect(built.inputs).toEqual(['door.events']);
  });

  it('refuse an event that the topic does not have', () =>
    defines((t) => {
      // @ts-expect-error Slammed is no event of door.events
      t.from(doors).pipe(ofType('Slammed'));
      t.from(doors)
        .pipe(map((event) => event))
        // @ts-expect-error nor behind another operator
        .pipe(ofType('Slammed'));
      // @ts-expect-error an event of another topic
      t.from(doors).pipe(ofType('Opened', 'Raised'));
    }));

  it('know the data of the events that are left', () =>
    defines((t) => {
      t.from(doors).pipe(
        ofType('Opened'),
        // @ts-expect-error Opened has no `at`
        map(({ data }) => data.at),
      );
      // @ts-expect-error not every event has `by`
      t.from(doors).pipe(map(({ data }) => data.by));
    }));

  it('refuse a store value of another shape', () =>
    defines((t) => {
      const counts = t.store('counts', z.int());
      const rooms = t.store('rooms', z.object({ open: z.boolean() }));
      t.from(doors).process('count', { counts, rooms }, ({ key }, stores) => {
        // @ts-expect-error a text where a number is kept
        stores.counts.put(key, 'one');
        // @ts-expect-error a field is missing
        stores.rooms.put(key, {});
        // @ts-expect-error a field too many
        stores.rooms.put(key, { open: true, locked: true });
        // @ts-expect-error what is read may be missing
        stores.rooms.get(key).open;
        // @ts-expect-error no such store was asked for
        stores.windows.get(key);
        return [];
      });
    }));

  it('refuse a sink of another topic', () =>
    defines((t) => {
      // @ts-expect-error events of doors are none of alarms
      t.from(doors).to(alarms);
      // @ts-expect-error numbers are no events
      t.from(doors)
        .pipe(map(() => 1))
        .to(alarms);
      // @ts-expect-error the data does not fit
      t.from(doors)
        .pipe(map(() => ({ type: 'Raised' as const, data: { why: 7 } })))
        .to(alarms);
      // @ts-expect-error no such event
      t.from(doors)
        .pipe(map(() => ({ type: 'Cleared' as const, data: { why: 'over' } })))
        .to(alarms);
    }));

  it('refuse operators that keep something between records', () =>
    defines((t) => {
      // @ts-expect-error what is gathered would be lost at a restart
      t.from(doors).pipe(bufferCount(2));
      // @ts-expect-error what is added up would be lost at a restart
      t.from(doors).pipe(scan((sum) => sum));
    }));

  it('refuse a repartition or a decider of other values', () =>
    defines((t) => {
      const totals = t.store('totals', z.int());
      const numbers = t.repartition('numbers', { schema: z.int(), key: String });
      // @ts-expect-error events where numbers travel
      t.from(doors).sendTo(numbers);
      // @ts-expect-error the schema is of another value
      t.from(doors).repartition('texts', { schema: z.string(), key: (text) => text });
      t.from(doors).decide(totals, {
        // @ts-expect-error the state is a number
        initialState: () => 'none',
        decide: () => [],
        evolve: (total: number) => total,
      });
    }));

  it('refuse a merge treated as one of its streams', () =>
    defines((t) => {
      const merged = t.merge(t.from(doors), t.from(alarms));
      merged.pipe(ofType('Opened', 'Raised'));
      // @ts-expect-error Raised has no `by`
      merged.pipe(map(({ data }) => data.by));
      // @ts-expect-error doors may come through
      merged.to(alarms);
    }));

  it('narrow a branch whose predicate is a guard, and keep the rest apart', () =>
    defines((t) => {
      const isOpened = (event: EventOf<typeof doors>): event is Extract<EventOf<typeof doors>, { type: 'Opened' }> =>
        event.type === 'Opened';
      const { opened, otherwise } = t.from(doors).branch({ opened: isOpened });
      opened.pipe(map(({ data }) => data.by));
      // @ts-expect-error what is left may be anything
      otherwise.pipe(map(({ data }) => data.by));
      // @ts-expect-error no such branch
      t.from(doors).branch({ opened: isOpened }).closed;
    }));

  it('refuse a table, a window or a repetition of other values', () =>
    defines((t) => {
      const rows = t.store('rows', z.int());
      // @ts-expect-error a row is a number
      t.from(doors).toTable(rows, () => 'open');
      const table = t.from(doors).toTable(rows, () => 1);
      t.from(alarms).join(table, ({ data }, row) => data.why.length + row);
      // @ts-expect-error without a match there is no row
      t.from(alarms).leftJoin(table, ({ data }, row) => data.why.length + row);
      const sums = t.store('sums', z.int());
      // @ts-expect-error the state is a number
      t.from(alarms).windowed(sums, { sizeMs: 1 }, { initialState: () => '', fold: (sum: number) => sum });
      // @ts-expect-error an id is text
      t.from(alarms).dedup(sums, { id: () => 7, horizonMs: 1 });
    }));
});
