import { hash } from 'node:crypto';
import { ContractError, deterministicId, type DomainEvent, type EventTopic, parseData } from '@order-flow/contracts';
import {
  type EventMetadata,
  type EventStore,
  EventStoreError,
  type NewEvent,
  type RecordedEvent,
} from '@order-flow/event-store';
import { backoffDelay, sleep } from '@order-flow/service-kit';
import { type Decider, refuse } from '../domain/decider.js';
import type { Answer, RecentStreams, StreamState } from './recent-streams.js';

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
  /** The command begins its stream, so that there is most likely nothing to read. */
  readonly begins?: boolean;
}

/** One kind of aggregate: its decider, its topic's event types, and its streams. */
export interface Aggregate<Command, Event extends DomainEvent, State> {
  readonly decider: Decider<Command, Event, State>;
  readonly topic: EventTopic;
  readonly stream: (id: string) => string;
  /** What to build on instead of a read. */
  readonly recent?: RecentStreams<State>;
}

export interface Handled<State> {
  readonly state: State;
  /** The stream's revision + 1. */
  readonly version: number;
  /** The command had been handled before: this is the answer of then. */
  readonly repeated: boolean;
}

/** An event with its data in the newest version. @throws ContractError that says where it stands */
export function restoreEvent<Event extends DomainEvent>(topic: EventTopic, recorded: RecordedEvent): Event {
  const version = typeof recorded.metadata['schemaversion'] === 'number' ? recorded.metadata['schemaversion'] : 1;
  try {
    const { type, data } = parseData(topic, recorded.type, version, recorded.data);
    return { type, data } as Event;
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    const message = `event ${recorded.revision} of ${recorded.stream} cannot be read: ${error.message}`;
    throw new ContractError(error.code, message, { cause: error });
  }
}

export const hashInput = (input: unknown): string => hash('sha256', JSON.stringify(input), 'base64url').slice(0, 22);

/**
 * Read, decide, append with the revision that was read; all again on a conflict, at most 12 times. A command that is in
 * the stream already is answered as the first time, before anything is decided.
 *
 * What is remembered of a stream, or that a new one is empty, stands in for the first read. It may be out of date; then
 * whatever came of it but a successful append counts for nothing, and the stream is read.
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
  const decideOn = async (read: StreamState<State>): Promise<Decided<State>> => {
    const answer = read.answers.get(context.commandId);
    if (answer) return { answer: repeated(answer, inputHash) };
    const events = aggregate.decider.decide(await makeCommand(read.state), read.state);
    const state = events.reduce(aggregate.decider.evolve, read.state);
    if (events.length === 0) return { answer: { state, version: read.version, repeated: false } };
    return { state, events: toNewEvents(events, aggregate.topic, context, inputHash) };
  };
  const append = async (read: StreamState<State>, { state, events }: Changed<State>): Promise<Handled<State>> => {
    const { revision } = await store.append(stream, events, read.version === 0 ? 'no-stream' : read.version - 1);
    const version = revision + 1;
    const answers = new Map(read.answers).set(context.commandId, { inputHash, state, version });
    aggregate.recent?.set(stream, { state, version, answers });
    return { state, version, repeated: false };
  };

  /** @returns nothing when it must be tried again on what is in the stream then */
  const attempt = async (read: StreamState<State>, isAssumed: boolean): Promise<Handled<State> | undefined> => {
    const decided = await decideOn(read).catch((error: unknown) => {
      if (!isAssumed) throw error;
    });
    if (!decided) return undefined;
    if ('events' in decided) return append(read, decided).catch(conflictOnly);
    return decided.answer.repeated || !isAssumed ? decided.answer : undefined;
  };

  const assumed = aggregate.recent?.get(stream) ?? (context.begins ? nothing(aggregate) : undefined);
  const early = assumed && (await attempt(assumed, true));
  if (early) return early;
  aggregate.recent?.delete(stream);
  for (let count = 1; count <= ATTEMPTS; count++) {
    const handled = await attempt(await load(store, aggregate, stream), false);
    if (handled) return handled;
    await sleep(backoffDelay(count, RETRY));
  }
  return refuse('TOO_MUCH_CONTENTION', `${stream} changes too fast; try again`);
}

interface Changed<State> {
  readonly state: State;
  readonly events: readonly NewEvent[];
}
type Decided<State> = Changed<State> | { readonly answer: Handled<State> };

function repeated<State>({ inputHash, state, version }: Answer<State>, asked: string): Handled<State> {
  if (inputHash === asked) return { state, version, repeated: true };
  return refuse('IDEMPOTENCY_CONFLICT', 'this idempotency key was used with another input');
}

const conflictOnly = (error: unknown): undefined => {
  if (!(error instanceof EventStoreError) || error.code !== 'WRONG_EXPECTED_REVISION') throw error;
};

const nothing = <State>({ decider }: { readonly decider: { readonly initialState: State } }): StreamState<State> => ({
  state: decider.initialState,
  version: 0,
  answers: new Map(),
});

async function load<Command, Event extends DomainEvent, State>(
  store: EventStore,
  aggregate: Aggregate<Command, Event, State>,
  stream: string,
): Promise<StreamState<State>> {
  let { state, version } = nothing(aggregate);
  const answers = new Map<string, Answer<State>>();
  for await (const recorded of store.readStream(stream)) {
    state = aggregate.decider.evolve(state, restoreEvent<Event>(aggregate.topic, recorded));
    version = recorded.revision + 1;
    const { $causationId: commandId, inputHash } = recorded.metadata;
    if (commandId) answers.set(commandId, { inputHash, state, version });
  }
  return { state, version, answers };
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
    // Of the content, too: an append that the store takes for a repeated one has then stored just this.
    const id = deterministicId(context.commandId, String(index), inputHash, JSON.stringify(data));
    return { id, type, data, metadata };
  });
}
