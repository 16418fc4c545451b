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
import { CommandRefused, type Decider, refuse } from '../domain/decider.js';
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

/** A command, with who commands. */
export interface Asked<Command, State> {
  readonly context: CommandContext;
  /** Called after the look for the command in the stream; may refuse too. */
  readonly makeCommand: (state: State) => Command | Promise<Command>;
}

/**
 * Read, decide, append with the revision that was read; all again on a conflict, at most 12 times. A command that is in
 * the stream already is answered as the first time, before anything is decided.
 * @throws CommandRefused, EventStoreError
 */
export async function handle<Command, Event extends DomainEvent, State>(
  store: EventStore,
  aggregate: Aggregate<Command, Event, State>,
  id: string,
  context: CommandContext,
  makeCommand: Asked<Command, State>['makeCommand'],
): Promise<Handled<State>> {
  const [outcome] = await handleTogether(store, aggregate, id, [{ context, makeCommand }]);
  if (!outcome || outcome instanceof CommandRefused) throw outcome ?? new Error('a command has an outcome');
  return outcome;
}

/**
 * The same with several commands to one aggregate, each decided on what those before it came to. Their events share an
 * append: there are all or none of them.
 *
 * What is remembered of a stream, or that a new one is empty, stands in for the first read. It may be out of date; then
 * whatever came of it but a successful append counts for nothing, and the stream is read.
 * @returns what each command came to, in their order
 * @throws CommandRefused TOO_MUCH_CONTENTION, EventStoreError
 */
export async function handleTogether<Command, Event extends DomainEvent, State>(
  store: EventStore,
  aggregate: Aggregate<Command, Event, State>,
  id: string,
  commands: readonly Asked<Command, State>[],
): Promise<readonly Outcome<State>[]> {
  const stream = aggregate.stream(id);
  const append = async (read: StreamState<State>, { events, after, outcomes }: Decided<State>) => {
    await store.append(stream, events, read.version === 0 ? 'no-stream' : read.version - 1);
    aggregate.recent?.set(stream, after);
    return outcomes;
  };
  /** @returns nothing when it must be tried again on what is in the stream then */
  const attempt = async (read: StreamState<State>, isAssumed: boolean) => {
    const decided = await decideAll(aggregate, commands, read).catch((error: unknown) => {
      if (!isAssumed) throw error;
    });
    if (!decided || (isAssumed && !decided.shown)) return undefined;
    return decided.events.length > 0 ? append(read, decided).catch(conflictOnly) : decided.outcomes;
  };

  const begins = commands[0]?.context.begins ?? false;
  const assumed = aggregate.recent?.get(stream) ?? (begins ? nothing(aggregate) : undefined);
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

export type Outcome<State> = Handled<State> | CommandRefused;

interface Decided<State> {
  readonly events: readonly NewEvent[];
  /** The stream with these events. */
  readonly after: StreamState<State>;
  readonly outcomes: readonly Outcome<State>[];
  /** Each command is in the stream, or has events, so that the append shows whether the stream was as it was taken to be. */
  readonly shown: boolean;
}

async function decideAll<Command, Event extends DomainEvent, State>(
  { decider, topic }: Aggregate<Command, Event, State>,
  commands: readonly Asked<Command, State>[],
  read: StreamState<State>,
): Promise<Decided<State>> {
  let { state, version } = read;
  const answers = new Map(read.answers);
  const all: NewEvent[] = [];
  let shown = true;
  const decide = async ({ context, makeCommand }: Asked<Command, State>): Promise<Handled<State>> => {
    const inputHash = hashInput(context.input);
    const answer = answers.get(context.commandId);
    if (answer) return repeated(answer, inputHash);
    const events = decider.decide(await makeCommand(state), state);
    state = events.reduce(decider.evolve, state);
    version += events.length;
    all.push(...toNewEvents(events, topic, context, inputHash));
    if (events.length > 0) answers.set(context.commandId, { inputHash, state, version });
    else shown = false;
    return { state, version, repeated: false };
  };
  const outcomes: Outcome<State>[] = [];
  for (const command of commands) outcomes.push(await decide(command).catch(refusedOnly));
  shown &&= !outcomes.some((outcome) => outcome instanceof CommandRefused);
  return { events: all, after: { state, version, answers }, outcomes, shown };
}

const refusedOnly = (error: unknown): CommandRefused => {
  if (error instanceof CommandRefused) return error;
  throw error;
};

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
