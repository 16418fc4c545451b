import { hash } from 'node:crypto';
import { deterministicId, type DomainEvent, type EventTopic, parseData } from '@order-flow/contracts';
import {
  type EventMetadata,
  type EventStore,
  EventStoreError,
  type NewEvent,
  type RecordedEvent,
} from '@order-flow/event-store';
import { backoffDelay, sleep } from '@order-flow/service-kit';
import { CommandRefused, type Decider, refuse } from '../domain/decider.js';

const ATTEMPTS = 12;
const RETRY = { initial: 2, max: 100 };

/** Who commands, and what it follows from. */
export interface CommandContext {
  /** The command's id: its events carry it as their causation id, and their ids derive from it. */
  readonly commandId: string;
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  /** The input as parsed, for telling a retry from another command with the same key. */
  readonly input: unknown;
}

/** One kind of aggregate: its decider, its topic's event types, and its streams. */
export interface Aggregate<Command, Event extends DomainEvent, State> {
  readonly decider: Decider<Command, Event, State>;
  readonly topic: EventTopic;
  readonly stream: (id: string) => string;
}

export interface Handled<State> {
  readonly state: State;
  /** The stream's revision + 1. */
  readonly version: number;
  /** The command had been handled before: this is the answer of then. */
  readonly repeated: boolean;
}

/** An event with its data in the newest version. @throws ContractError */
export function restoreEvent<Event extends DomainEvent>(topic: EventTopic, recorded: RecordedEvent): Event {
  const version = typeof recorded.metadata['schemaversion'] === 'number' ? recorded.metadata['schemaversion'] : 1;
  const { type, data } = parseData(topic, recorded.type, version, recorded.data);
  return { type, data } as Event;
}

export const hashInput = (input: unknown): string => hash('sha256', JSON.stringify(input), 'base64url').slice(0, 22);

/**
 * Read, decide, append with the revision that was read; all again on a conflict, at most 12 times. A command that is in
 * the stream already is answered as the first time, before anything is decided.
 * @param makeCommand called after that look; may refuse too
 * @throws CommandRefused, EventStoreError
 */
export async function handle<Command, Event extends DomainEvent, State>(
  store: EventStore,
  aggregate: Aggregate<Command, Event, State>,
  id: string,
  context: CommandContext,
  makeCommand: (state: State) => Command | Promise<Command>,
): Promise<Handled<State>> {
  const stream = aggregate.stream(id);
  const inputHash = hashInput(context.input);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const read = await load(store, aggregate, stream, { commandId: context.commandId, inputHash });
    if (read.answered) return { ...read.answered, repeated: true };
    const events = aggregate.decider.decide(await makeCommand(read.state), read.state);
    const state = events.reduce(aggregate.decider.evolve, read.state);
    if (events.length === 0) return { state, version: read.version, repeated: false };
    try {
      const appended = await store.append(
        stream,
        toNewEvents(events, aggregate.topic, context, inputHash),
        read.version === 0 ? 'no-stream' : read.version - 1,
      );
      return { state, version: appended.revision + 1, repeated: false };
    } catch (error) {
      if (!(error instanceof EventStoreError) || error.code !== 'WRONG_EXPECTED_REVISION') throw error;
      await sleep(backoffDelay(attempt, RETRY));
    }
  }
  return refuse('TOO_MUCH_CONTENTION', `${stream} changes too fast; try again`);
}

interface Loaded<State> {
  readonly state: State;
  readonly version: number;
  readonly answered?: { readonly state: State; readonly version: number };
}

async function load<Command, Event extends DomainEvent, State>(
  store: EventStore,
  { decider, topic }: Aggregate<Command, Event, State>,
  stream: string,
  known: { readonly commandId: string; readonly inputHash: string },
): Promise<Loaded<State>> {
  let state = decider.initialState;
  let version = 0;
  let answered: Loaded<State>['answered'];
  for await (const recorded of store.readStream(stream)) {
    state = decider.evolve(state, restoreEvent<Event>(topic, recorded));
    version = recorded.revision + 1;
    if (recorded.metadata.$causationId !== known.commandId) continue;
    if (recorded.metadata['inputHash'] !== known.inputHash) {
      throw new CommandRefused('IDEMPOTENCY_CONFLICT', 'this idempotency key was used with another input');
    }
    answered = { state, version };
  }
  return answered ? { state, version, answered } : { state, version };
}

function toNewEvents(
  events: readonly DomainEvent[],
  topic: EventTopic,
  context: CommandContext,
  inputHash: string,
): NewEvent[] {
  return events.map(({ type, data }, index) => {
    const metadata: EventMetadata = {
      $correlationId: context.correlationId,
      $causationId: context.commandId,
      schemaversion: topic.types[type]?.version ?? 1,
      inputHash,
      ...(context.traceparent ? { traceparent: context.traceparent } : {}),
    };
    return { id: deterministicId(context.commandId, String(index)), type, data, metadata };
  });
}
