import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type EventLog, LogError, openMemoryEventLog } from '@order-flow/event-log';
import { runTopology } from './runner.js';
import { memoryState } from './state.js';
import { bank, BANK_PARTITIONS, bankTopics } from './testing/bank.js';
import { eventually } from './testing/eventually.js';

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
