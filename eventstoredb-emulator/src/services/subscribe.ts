import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Journal, JournalPage } from '@order-flow/event-store/journal';
import { streamDeleted } from '../protocol/failure.js';
import { caughtUpResponse, checkpointResponse, confirmationResponse, eventResponse } from '../protocol/responses.js';
import type { Reader } from './reader.js';
import type { ReadSource } from './read-source.js';

/**
 * Confirms, sends what is there, tells that it has caught up, and goes on with what comes, until the reader leaves. It pulls
 * from the store page by page all the while, so a slow reader costs one page of memory.
 *
 * @throws CallFailure when the stream is deleted for ever
 */
export async function subscribe(
  journal: Journal,
  source: ReadSource,
  reader: Reader,
  structuredIds: boolean,
): Promise<void> {
  const growing = journal.follow(reader.signal);
  try {
    await tell(journal, growing, source, reader, structuredIds);
  } finally {
    growing.end();
  }
}

async function tell(
  journal: Journal,
  growing: ReturnType<Journal['follow']>,
  source: ReadSource,
  reader: Reader,
  structuredIds: boolean,
): Promise<void> {
  const checkpoints = new Checkpoints(source, reader);
  let from = source.from;
  let live = false;
  let reading = await reader.send(confirmationResponse(randomUUID()));
  while (reading) {
    const seen = journal.lastSequence();
    if (source.stream !== undefined && journal.stateOf(source.stream).is === 'tombstoned') {
      throw streamDeleted(source.stream);
    }
    const page = source.page(from);
    reading = await deliver(page, source, checkpoints, (event) => reader.send(eventResponse(event, structuredIds)));
    from = Math.max(from, page.next);
    if (!page.end) await setImmediate();
    else {
      if (!live) reading = (await checkpoints.atEnd(from - 1)) && (await reader.send(caughtUpResponse()));
      live = true;
      await growing.beyond(seen);
      reading &&= !reader.signal.aborted;
    }
  }
}

type SendEvent = (event: JournalPage['events'][number]) => Promise<boolean>;

async function deliver(
  page: JournalPage,
  source: ReadSource,
  checkpoints: Checkpoints,
  send: SendEvent,
): Promise<boolean> {
  for (const event of page.events) {
    if (!(await checkpoints.before(Number(event.position)))) return false;
    if (source.matches(event) && !(await send(event))) return false;
  }
  return checkpoints.before(page.next);
}

/** Tells a filtered reader of everything how far it has come, every so many events, whether they matched or not. */
class Checkpoints {
  readonly #reader: Reader;
  readonly #every: number;
  #told: number;

  constructor({ filter, from }: ReadSource, reader: Reader) {
    this.#reader = reader;
    this.#every = filter?.checkpointEvery ?? Number.POSITIVE_INFINITY;
    this.#told = from - 1;
  }

  /** Sends those that are due when everything before this sequence has been looked at. */
  async before(sequence: number): Promise<boolean> {
    while (sequence - 1 - this.#told >= this.#every) {
      if (!(await this.#tell(this.#told + this.#every))) return false;
    }
    return true;
  }

  async atEnd(sequence: number): Promise<boolean> {
    if (this.#every === Number.POSITIVE_INFINITY || sequence <= this.#told) return true;
    return this.#tell(sequence);
  }

  #tell(sequence: number): Promise<boolean> {
    this.#told = sequence;
    return this.#reader.send(checkpointResponse(sequence));
  }
}
