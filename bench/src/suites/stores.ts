import { benchEventLog } from '../event-log.js';
import { benchEventStore } from '../event-store.js';
import { benchConnections, benchEmulator } from '../event-store-emulator.js';
import { medians } from '../median.js';
import { benchReadStore } from '../read-store.js';
import type { Suite } from '../suite.js';

export const eventStoreSuite: Suite = async ({ runs, inDirectory }) => {
  const figures = await medians(runs, () =>
    inDirectory(async (directory) => ({ ...(await benchEventStore(directory)) })),
  );
  return [
    {
      name: 'durable appends, 64 writers',
      value: figures.appendsPerSecond,
      unit: 'appends/s',
      target: { atLeast: 30_000 },
    },
    { name: 'catch-up of everything', value: figures.catchUpEventsPerSecond, unit: 'events/s' },
  ];
};

export const eventStoreEmulatorSuite: Suite = async ({ runs }) => {
  const figures = await medians(runs, async () => {
    const { appendToSubscriber, ...rates } = await benchEmulator();
    return { ...rates, ...appendToSubscriber };
  });
  return [
    {
      name: 'durable appends through the client, emulator, 64 writers',
      value: figures.appendsPerSecond,
      unit: 'appends/s',
      target: { atLeast: 5_000 },
    },
    {
      name: 'the same, each writer with a connection of its own',
      value: await benchConnections(runs),
      unit: 'appends/s',
      target: { atLeast: 5_000 },
    },
    { name: 'catch-up of everything, emulator', value: figures.catchUpEventsPerSecond, unit: 'events/s' },
    { name: 'reading everything, emulator', value: figures.readEventsPerSecond, unit: 'events/s' },
    { name: 'append to subscriber, emulator, p50', value: figures.p50, unit: 'ms' },
    { name: 'append to subscriber, emulator, p99', value: figures.p99, unit: 'ms' },
  ];
};

export const eventLogSuite: Suite = async ({ runs, inDirectory }) => {
  const figures = await medians(runs, () =>
    inDirectory(async (directory) => {
      const { commitToReaderMs, ...rates } = await benchEventLog(directory);
      return { ...rates, ...commitToReaderMs };
    }),
  );
  return [
    {
      name: 'records produced in transactions of 500',
      value: figures.producedPerSecond,
      unit: 'records/s',
      target: { atLeast: 150_000 },
    },
    { name: 'the same over four partitions', value: figures.producedOverPartitionsPerSecond, unit: 'records/s' },
    { name: 'records read', value: figures.readPerSecond, unit: 'records/s' },
    { name: 'commit to a follower, p50', value: figures.p50, unit: 'ms' },
    { name: 'commit to a follower, p99', value: figures.p99, unit: 'ms' },
  ];
};

export const readStoreSuite: Suite = async ({ runs, inDirectory }) => {
  const figures = await medians(runs, () =>
    inDirectory(async (directory) => ({ ...(await benchReadStore(directory)) })),
  );
  return [
    { name: 'inserts in bulks of 200', value: figures.insertsPerSecond, unit: 'documents/s' },
    { name: 'conditional replaces in bulks of 200', value: figures.replacesPerSecond, unit: 'documents/s' },
    { name: 'the same, four bulks at a time', value: figures.concurrentReplacesPerSecond, unit: 'documents/s' },
    { name: 'reads by id, 200 a query', value: figures.readsPerSecond, unit: 'documents/s' },
    { name: "pages of a customer's ten newest orders", value: figures.pagesPerSecond, unit: 'pages/s' },
  ];
};
