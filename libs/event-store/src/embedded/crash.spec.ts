import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { all, ids, newEvents } from '../contract/fixture.js';
import type { EventStore, RecordedEvent } from '../port.js';
import { openEmbeddedEventStore } from './embedded-event-store.js';
import type { Acknowledged } from './processes/append-until-killed.js';
import { startProcess } from './processes/start.js';

const ROUNDS = 6;
const LONGEST_RUN_MS = 400;

describe('a process that is killed while it appends', () => {
  let path = '';
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'event-store-crash-'));
  });
  afterEach(() => rm(path, { recursive: true }));

  it('loses nothing that was acknowledged and leaves no append in part', async () => {
    const acknowledged: Acknowledged[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const killed = await appendUntilKilled(path, Math.random() * LONGEST_RUN_MS);
      expect(killed).not.toEqual([]);
      acknowledged.push(...killed);
      const store = await openEmbeddedEventStore({ path });
      const events = await all(store.readAll());
      expectSound(events);
      expectAllOf(acknowledged, events);
      await expectStreamsAsInAll(store, events);
      await store.append('order-after', newEvents(1), 'any');
      await store.close();
    }
  }, 60_000);
});

async function appendUntilKilled(path: string, runMs: number): Promise<Acknowledged[]> {
  const { child, printed, ended } = startProcess('append-until-killed.ts', path);
  await Promise.race([once(child.stdout!, 'data'), ended]);
  await setTimeout(runMs);
  child.kill('SIGKILL');
  expect(await ended).toEqual({ code: null, complaint: '' });
  return printed()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Acknowledged);
}

/** Positions and revisions without gaps, and every append whole and in one piece. */
function expectSound(events: readonly RecordedEvent[]): void {
  expect(events.map(({ position }) => Number(position))).toEqual(events.map((_, index) => index + 1));
  const next = new Map<string, number>();
  const misplaced = events.filter(({ stream, revision }) => {
    const wanted = next.get(stream) ?? 0;
    next.set(stream, wanted + 1);
    return revision !== wanted;
  });
  expect(misplaced).toEqual([]);
  const parts = events.filter(({ type }) => type === 'Appended').map(({ data }) => data as Part);
  const torn = parts.filter(({ append, index, of }, at) => {
    const begun = index === 0 || isPart(parts[at - 1], append, index - 1);
    const continued = index + 1 === of || isPart(parts[at + 1], append, index + 1);
    return !begun || !continued;
  });
  expect(torn).toEqual([]);
}

interface Part {
  readonly append: string;
  readonly index: number;
  readonly of: number;
}

function isPart(part: Part | undefined, append: string, index: number): boolean {
  return part?.append === append && part.index === index;
}

function expectAllOf(acknowledged: readonly Acknowledged[], events: readonly RecordedEvent[]): void {
  const recorded = new Map(events.map((event) => [event.id, `${event.stream}@${event.revision}`]));
  const lost = acknowledged.filter(({ stream, revision, ids: appended }) => {
    const first = revision - appended.length + 1;
    return !appended.every((id, index) => recorded.get(id) === `${stream}@${first + index}`);
  });
  expect(lost).toEqual([]);
}

async function expectStreamsAsInAll(store: EventStore, events: readonly RecordedEvent[]): Promise<void> {
  for (const stream of new Set(events.map((event) => event.stream))) {
    const own = events.filter((event) => event.stream === stream);
    expect(ids(await all(store.readStream(stream)))).toEqual(ids(own));
  }
}
