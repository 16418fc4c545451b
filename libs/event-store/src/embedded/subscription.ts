import type { Filter, Position, SubscriptionMessage } from '../port.js';
import type { Engine } from './engine.js';
import { lastSequenceNow } from './engine.js';
import type { GrowthFollower } from './growth.js';
import type { Page } from './pages.js';
import { otherWork } from './pages.js';
import { toPosition } from './position.js';
import { prefixesOf, readPage, sequenceAfter } from './read-all.js';
import type { Tables } from './tables.js';

export interface SubscribeOptions {
  readonly after?: Position;
  readonly filter?: Filter;
  readonly signal: AbortSignal;
}

/** While catching up: a page that ends this many events or more after the last message is followed by a checkpoint. */
const CHECKPOINT_EVERY = 1_000;

/**
 * Reads page after page and, at the end, waits for growth. As it pulls from the store itself, a slow reader costs one page of
 * memory, however far it falls behind, and every message stands in the one order of the generator.
 */
export async function* subscribeAll(
  { tables, growth }: Engine,
  options: SubscribeOptions,
): AsyncGenerator<SubscriptionMessage, void, undefined> {
  const growing = growth.follow(options.signal);
  try {
    yield* messages(tables, growing, options);
  } finally {
    growing.end();
  }
}

async function* messages(
  tables: Tables,
  growing: GrowthFollower,
  { after, filter, signal }: SubscribeOptions,
): AsyncGenerator<SubscriptionMessage, void, undefined> {
  const prefixes = prefixesOf(filter);
  let from = sequenceAfter(after);
  let told = from - 1;
  let behind = true;
  while (!signal.aborted) {
    const page = readPage(tables, { from, to: lastSequenceNow(tables), step: 1 }, prefixes);
    for (const event of page.events) {
      yield { kind: 'event', event };
      if (isAborted(signal)) return;
    }
    from = page.next;
    told = lastDelivered(page, told);
    if (checkpointDue(page, told)) {
      told = from - 1;
      yield { kind: 'checkpoint', position: toPosition(told) };
    }
    if (caughtUp(behind, page, signal)) yield { kind: 'caught-up' };
    behind = !page.end;
    await (page.end ? growing.beyond(from - 1) : otherWork());
  }
}

function lastDelivered({ events }: Page, before: number): number {
  const last = events.at(-1);
  return last ? Number(last.position) : before;
}

/** Only what was passed over needs telling: an event is its own checkpoint. */
function checkpointDue({ next, end }: Page, told: number): boolean {
  const passedOver = next - 1 - told;
  return passedOver > 0 && (end || passedOver >= CHECKPOINT_EVERY);
}

function caughtUp(behind: boolean, page: Page, signal: AbortSignal): boolean {
  return behind && page.end && !signal.aborted;
}

/** A function, since the compiler takes a signal that was not aborted for one that never will be. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
