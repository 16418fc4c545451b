import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { eventTopic, eventType } from '@order-flow/contracts';
import { type EventLog, LogError, openMemoryEventLog } from '@order-flow/event-log';
import { z } from 'zod';
import { map } from './operators.js';
import { runTopology } from './runner.js';
import { memoryState } from './state.js';
import { bank, BANK_PARTITIONS, bankTopics } from './testing/bank.js';
import { eventually } from './testing/eventually.js';
import { topology } from './topology.js';

let log: EventLog;
beforeEach(async () => {
  log = await openMemoryEventLog();
  await log.admin.ensureTopics(bankTopics, { partitions: BANK_PARTITIONS });
});
afterEach(() => log.close());

/** A membership that ends by an error when it is told to. */
function failingMembership(): { readonly log: EventLog; readonly fail: () => void } {
  const failure = new AbortController();
  async function* join(...[group, topics, signal]: Parameters<EventLog['join']>) {
    yield* log.join(group, topics, AbortSignal.any([signal, failure.signal]));
    if (failure.signal.aborted) throw new LogError('LOG_UNAVAILABLE', 'the group cannot be reached');
  }
  const failing: EventLog = {
    admin: log.admin,
    identity: () => log.identity(),
    openWriter: (id) => log.openWriter(id),
    read: (from, options) => log.read(from, options),
    join,
    close: () => log.close(),
  };
  return { log: failing, fail: () => failure.abort() };
}

it('whose membership fails says so, and that it has let go of its slices', async () => {
  const membership = failingMembership();
  const released: number[] = [];
  const running = runTopology({
    topology: bank,
    log: membership.log,
    state: memoryState(),
    signal: new AbortController().signal,
    observer: { released: (slice) => void released.push(slice) },
  });
  await eventually('all slices', () => running.status().slices.filter(({ state }) => state === 'running').length === 3);
  membership.fail();
  await expect(running.done).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
  expect([released, running.slices()]).toEqual([[0, 1, 2], []]);
});

it('does not begin while a topic is missing, be it one that it only writes, and says which', async () => {
  const events = (name: string) => eventTopic(name, 'id', { Seen: eventType(z.object({ times: z.int() })) });
  const [read, written] = [events('read.events'), events('written.events')];
  const copying = topology('copying', (t) => {
    t.from(read)
      .pipe(map(({ data }) => ({ type: 'Seen' as const, data })))
      .to(written);
  });
  await log.admin.ensureTopics([read, ...copying.internalTopics.slice(1)], { partitions: 1 });
  const running = runTopology({
    topology: copying,
    log,
    state: memoryState(),
    signal: new AbortController().signal,
  });
  await expect(running.done).rejects.toMatchObject({
    code: 'UNKNOWN_TOPIC',
    message:
      'copying: there is no topic written.events, copying.slice.changelog; make what is missing first: log.admin.ensureTopics',
  });
});
