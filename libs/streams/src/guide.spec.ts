import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { eventTopic, eventType } from '@order-flow/contracts';
import { openMemoryEventLog } from '@order-flow/event-log';
import { z } from 'zod';
import {
  describe as describeTopology,
  map,
  memoryState,
  ofType,
  requestRedrive,
  runTopology,
  testDriver,
  topology,
} from './index.js';
import { eventually } from './testing/eventually.js';

/*
 * The code of docs/streams.md: each region stands there word for word (the last test compares), and runs here.
 */

// #region topics
const fares = eventTopic('fare.events', 'ride id', {
  RideEnded: eventType(z.object({ rider: z.string(), cents: z.int().min(0) })),
});
const walletEvents = eventTopic('wallet.events', 'rider', {
  ToppedUp: eventType(z.object({ cents: z.int().min(1) })),
});
const charges = eventTopic('charge.events', 'ride id', {
  Charged: eventType(z.object({ rider: z.string(), cents: z.int() })),
  Refused: eventType(z.object({ rider: z.string(), missing: z.int() })),
});
// #endregion

// #region topology
const Request = z.object({ ride: z.string(), rider: z.string(), cents: z.int() });

const charging = topology('charging', (t) => {
  const wallets = t.store('wallets', z.object({ cents: z.int() }));

  const requests = t
    .from(fares)
    .pipe(
      ofType('RideEnded'),
      map(({ subject, data }) => ({ ride: subject, ...data })),
    )
    .repartition('by-rider', { schema: Request, key: ({ rider }) => rider });
  const topUps = t.from(walletEvents, { sequenced: false }).pipe(map(({ data }) => data.cents));

  t.merge(requests, topUps)
    .process('charge', { wallets }, ({ key, value }, stores) => {
      const { cents } = stores.wallets.get(key) ?? { cents: 0 };
      if (typeof value === 'number') {
        stores.wallets.put(key, { cents: cents + value });
        return [];
      }
      const missing = Math.max(0, value.cents - cents);
      if (missing === 0) stores.wallets.put(key, { cents: cents - value.cents });
      return [{ ...value, missing }];
    })
    .rekey(({ ride }) => ride)
    .pipe(
      map(({ rider, cents, missing }) =>
        missing > 0
          ? { type: 'Refused' as const, data: { rider, missing } }
          : { type: 'Charged' as const, data: { rider, cents } },
      ),
    )
    .to(charges);
});
// #endregion

it('charges rides', () => {
  // #region driver
  const driver = testDriver(charging);
  driver.pipe(walletEvents, 'rosa', { type: 'ToppedUp', data: { cents: 1_000 } });
  driver.pipe(fares, 'ride-1', { type: 'RideEnded', data: { rider: 'rosa', cents: 700 } });
  driver.pipe(fares, 'ride-2', { type: 'RideEnded', data: { rider: 'rosa', cents: 700 } });

  expect(driver.outputs(charges)).toEqual([
    { type: 'Charged', data: { rider: 'rosa', cents: 700 } },
    { type: 'Refused', data: { rider: 'rosa', missing: 400 } },
  ]);
  expect(driver.store('wallets')).toEqual({ rosa: { cents: 300 } });
  // #endregion
});

it('describes itself', () => {
  const text = readFileSync(new URL('../../../docs/streams.md', import.meta.url), 'utf8');
  expect(text).toContain(describeTopology(charging));
});

const daily = eventTopic('daily.events', 'rider', {
  DayClosed: eventType(z.object({ day: z.string(), cents: z.int() })),
});

it('sums by day of stream time', () => {
  // #region window
  const DAY = 86_400_000;
  const spending = topology('spending', (t) => {
    const days = t.store('days', z.int());
    t.from(charges)
      .pipe(ofType('Charged'))
      .repartition('by-payer', {
        schema: z.object({ data: z.object({ rider: z.string(), cents: z.int() }) }),
        key: ({ data }) => data.rider,
      })
      .windowed(
        days,
        { sizeMs: DAY, graceMs: 3_600_000, emit: 'final' },
        {
          initialState: () => 0,
          fold: (sum, { data }) => sum + data.cents,
        },
      )
      .results.pipe(
        map(({ start, value }) => ({
          type: 'DayClosed' as const,
          data: { day: new Date(start).toISOString().slice(0, 10), cents: value },
        })),
      )
      .to(daily);
  });

  const driver = testDriver(spending, { startAt: Date.UTC(2026, 0, 1, 22) });
  const charge = (cents: number) => driver.pipe(charges, 'ride', { type: 'Charged', data: { rider: 'rosa', cents } });
  charge(300);
  charge(400);
  driver.advance(2.5 * 3_600_000); // half past midnight: still within the grace of an hour
  charge(50);
  driver.advance(3_600_000);
  charge(10);
  expect(driver.outputs(daily)).toEqual([{ type: 'DayClosed', data: { day: '2026-01-01', cents: 700 } }]);
  // #endregion
});

const notices = eventTopic('notice.events', 'ride id', {
  Notice: eventType(z.object({ text: z.string() })),
});

it('joins, removes repetitions, branches', () => {
  // #region join
  const noticing = topology('noticing', (t) => {
    const names = t
      .from(profiles)
      .toTable(t.store('names', z.string()), (event) => (event.type === 'Named' ? event.data.name : undefined));
    const { long, otherwise } = t
      .from(hails)
      .dedup(t.store('seen', z.number()), { id: ({ data }) => data.place, horizonMs: 60_000 })
      .branch({ long: ({ data }) => data.km > 20 });
    const text = (kind: string) => (hail: { data: { place: string } }, name: string | undefined) =>
      `${name ?? 'somebody'} wants a ${kind} ride from ${hail.data.place}`;
    t.merge(long.leftJoin(names, text('long')), otherwise.leftJoin(names, text('short')))
      .pipe(map((line) => ({ type: 'Notice' as const, data: { text: line } })))
      .to(notices);
  });
  // #endregion
  const driver = testDriver(noticing, { restartAfterEveryRecord: true });
  const hail = (place: string, km: number) => driver.pipe(hails, 'rosa', { type: 'Hailed', data: { place, km } });
  hail('harbour', 3);
  driver.pipe(profiles, 'rosa', { type: 'Named', data: { name: 'Rosa' } });
  hail('harbour', 3);
  hail('station', 30);
  expect(driver.outputs(notices).map(({ data }) => data.text)).toEqual([
    'somebody wants a short ride from harbour',
    'Rosa wants a long ride from station',
  ]);
});

const hails = eventTopic('hail.events', 'rider', {
  Hailed: eventType(z.object({ place: z.string(), km: z.number() })),
});
const profiles = eventTopic('profile.events', 'rider', {
  Named: eventType(z.object({ name: z.string() })),
  Forgotten: eventType(z.object({})),
});

it('lets a deadline pass', () => {
  // #region punctuation
  const waiting = topology('waiting', (t) => {
    const open = t.store('open', z.number());
    t.from(hails).process('open', { open }, ({ key, timestamp }, stores) => {
      stores.open.put(key, timestamp + 30_000);
      return [];
    });
    t.every('expire', 1_000, { open }, (now, stores) =>
      [...stores.open.range({})]
        .filter(([, deadline]) => deadline <= now)
        .map(([rider, deadline]) => {
          stores.open.delete(rider);
          const value = { type: 'Notice' as const, data: { text: 'nobody came' } };
          return { key: rider, value, causationId: `deadline:${rider}:${deadline}`, correlationId: rider };
        }),
    ).to(notices);
  });

  const driver = testDriver(waiting);
  driver.pipe(hails, 'rosa', { type: 'Hailed', data: { place: 'harbour', km: 3 } });
  driver.advance(29_000);
  expect(driver.outputs(notices)).toEqual([]);
  driver.advance(1_000);
  expect(driver.outputs(notices)).toEqual([{ type: 'Notice', data: { text: 'nobody came' } }]);
  // #endregion
});

it('parks what fails, and runs it again', () => {
  // #region redrive
  const tariffs = new Map<string, number>();
  const billing = topology('billing', (t) => {
    t.from(hails)
      .pipe(
        map(({ data }) => {
          const tariff = tariffs.get('day');
          if (tariff === undefined) throw new Error('no tariff is set');
          return { type: 'Notice' as const, data: { text: `${data.km * tariff} cents` } };
        }),
      )
      .to(notices);
  });

  const driver = testDriver(billing);
  driver.pipe(hails, 'rosa', { type: 'Hailed', data: { place: 'harbour', km: 3 } });
  tariffs.set('day', 200);
  driver.pipe(hails, 'rosa', { type: 'Hailed', data: { place: 'station', km: 30 } });
  expect(driver.deadLetters().map(({ headers }) => headers['dlq-error'])).toEqual([
    'no tariff is set',
    'an earlier record of this key is parked',
  ]);

  driver.redrive({ action: 'redrive', topic: 'hail.events', key: 'rosa' });
  expect(driver.outputs(notices).map(({ data }) => data.text)).toEqual(['600 cents', '6000 cents']);
  // #endregion
});

it('runs on a log', async () => {
  // #region run
  const log = await openMemoryEventLog(); // or openEmbeddedEventLog({ path }), openKafkaEventLog({ brokers })
  await log.admin.ensureTopics([fares, walletEvents, charges, ...charging.internalTopics], { partitions: 3 });

  const stop = new AbortController();
  const running = runTopology({
    topology: charging,
    log,
    state: memoryState(), // or lmdbState(path), a directory of this process alone
    signal: stop.signal,
    observer: { failed: (slice, error, retryInMs) => console.warn(`slice ${slice}: ${error.message}`, retryInMs) },
  });
  // #endregion
  await eventually('all slices', () => running.slices().length === 3);
  // #region operate
  running.status(); // {paused, slices: [{slice, state, lag, parked}]}
  running.query('wallets', 'rosa'); // what is committed, if this process owns the slice
  running.pause();
  running.resume();
  await requestRedrive(log, charging, [0, 1, 2], { action: 'redrive' });

  stop.abort(); // finishes the commit under way, leaves the group
  await running.done;
  await log.close();
  // #endregion
});

it('stands in the guide as it runs here', () => {
  const source = readFileSync(new URL('./guide.spec.ts', import.meta.url), 'utf8');
  const guide = readFileSync(new URL('../../../docs/streams.md', import.meta.url), 'utf8');
  const regions = [...source.matchAll(/^( *)\/\/ #region (\w+)\n([\s\S]*?)^ *\/\/ #endregion/gm)];
  expect(regions.length).toBeGreaterThan(7);
  for (const [, indent = '', , body = ''] of regions) {
    const code = body.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
    expect(guide).toContain(`\`\`\`ts\n${code}\`\`\``);
  }
});
