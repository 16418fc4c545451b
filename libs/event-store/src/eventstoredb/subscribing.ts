import type { Filter, Position, SubscriptionMessage } from '../port.js';
import { backoffDelay, sleep } from '@order-flow/service-kit';
import type { ClientModule } from './client.js';
import type { LogPosition } from './position.js';
import { fromPosition, toPosition } from './position.js';
import type { Reading } from './reading.js';
import type { ClientEvent } from './recorded-event.js';
import { isSystemEvent, recordedEvent } from './recorded-event.js';

export interface SubscribeOptions {
  readonly after?: Position;
  readonly filter?: Filter;
  readonly signal: AbortSignal;
}

export interface Subscribing extends Reading {
  readonly module: ClientModule;
  /** Hears why a subscription had to be taken up again. */
  readonly interrupted: (error: unknown) => void;
}

/** Events that the server looks at between two checkpoints. */
const SEARCH_WINDOW = 500;
/** Events that wait in this process for their reader. */
const BUFFERED = 100;
const NOTHING = '(?!)';

/** What comes out of a client's subscription: events, and among them what we have put there. */
type Item = { readonly event?: ClientEvent } | { readonly control: SubscriptionMessage };

/** A subscription of the client. It is a stream that also takes what others push. */
interface ClientSubscription extends AsyncIterable<Item> {
  on(event: 'caughtUp' | 'error', listener: () => void): this;
  push(item: Item): boolean;
  destroy(): unknown;
  unsubscribe(): Promise<void>;
}

/**
 * The client drops a subscription for good when the connection breaks, so this takes it up again, for ever, after the last
 * position that was handed out.
 */
export async function* subscribeAll(
  to: Subscribing,
  { after, filter, signal }: SubscribeOptions,
): AsyncGenerator<SubscriptionMessage, void, undefined> {
  let position = after;
  for (let failures = 1; !isAborted(signal); failures += 1) {
    try {
      for await (const message of once(to, position, filter, signal)) {
        failures = 0;
        position = positionOf(message) ?? position;
        yield message;
      }
    } catch (error) {
      if (isAborted(signal)) return;
      to.interrupted(error);
    }
    await sleep(backoffDelay(Math.max(1, failures)), signal);
  }
}

/** One subscription, until it breaks. What is not beyond the position told last is left out. */
async function* once(
  to: Subscribing,
  after: Position | undefined,
  filter: Filter | undefined,
  signal: AbortSignal,
): AsyncGenerator<SubscriptionMessage, void, undefined> {
  const subscription = open(to, after, filter);
  const end = (): void => void subscription.destroy();
  signal.addEventListener('abort', end);
  let told: Position | undefined = after;
  try {
    for await (const item of subscription) {
      const message = messageOf(item);
      const position = message && positionOf(message);
      if (!message || (position !== undefined && told !== undefined && position <= told)) continue;
      told = position ?? told;
      yield message;
      if (isAborted(signal)) return;
    }
  } finally {
    signal.removeEventListener('abort', end);
    // Not waited for: a connection that is never made would never tell.
    subscription.unsubscribe().catch(() => undefined);
  }
}

/**
 * The client tells checkpoints and the end of catching up while it takes messages in, ahead of events that still wait to be
 * read. At that moment they are pushed into its own queue, and so stand where they belong.
 */
function open(to: Subscribing, after: Position | undefined, filter: Filter | undefined): ClientSubscription {
  const checkpointReached = async (_: unknown, position: LogPosition): Promise<void> => {
    subscription.push({ control: { kind: 'checkpoint', position: toPosition(position) } });
  };
  const subscription = to.client.subscribeToAll(
    {
      fromPosition: after === undefined ? 'start' : fromPosition(after),
      filter: clientFilter(to.module, filter, checkpointReached),
    },
    { highWaterMark: BUFFERED },
  ) as unknown as ClientSubscription;
  subscription.on('caughtUp', () => subscription.push({ control: { kind: 'caught-up' } }));
  // What fails after nobody reads any more is nobody's concern.
  subscription.on('error', () => undefined);
  return subscription;
}

function clientFilter(
  { streamNameFilter, excludeSystemEvents }: ClientModule,
  filter: Filter | undefined,
  checkpointReached: (subscription: unknown, position: LogPosition) => Promise<void>,
) {
  const window = { maxSearchWindow: SEARCH_WINDOW, checkpointInterval: 1, checkpointReached };
  if (!filter || filter.streamPrefixes.includes('')) return excludeSystemEvents(window);
  if (filter.streamPrefixes.length === 0) return streamNameFilter({ ...window, regex: NOTHING });
  return streamNameFilter({ ...window, prefixes: [...filter.streamPrefixes] });
}

function messageOf(item: Item): SubscriptionMessage | undefined {
  if ('control' in item) return item.control;
  const { event } = item;
  return event && !isSystemEvent(event) ? { kind: 'event', event: recordedEvent(event) } : undefined;
}

function positionOf(message: SubscriptionMessage): Position | undefined {
  if (message.kind === 'event') return message.event.position;
  return message.kind === 'checkpoint' ? message.position : undefined;
}

/** A function, since the compiler takes a signal that was not aborted for one that never will be. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
