import type { EventOf, EventTopic, ReadModelDocument } from '@order-flow/contracts';

/** What a fold works on: a document without the fields that the runner keeps. */
export type Body<Document extends ReadModelDocument> = Omit<Document, keyof ReadModelDocument>;

/**
 * A read model as data and pure functions. A fold gives the same document for every interleaving of its sources that
 * keeps the order within each: events of different topics may meet in any order.
 */
export interface Projection<Document extends ReadModelDocument = ReadModelDocument, Event = unknown> {
  /** Read model, and the stem of its collections. */
  readonly name: string;
  readonly sources: readonly EventTopic[];
  readonly indexes: readonly Readonly<Record<string, 1 | -1>>[];
  /** Ids of the documents that an event changes. */
  readonly keys: (event: Event) => readonly string[];
  /** Whether all events of a document are of one slice, because its id is the key of their records. */
  readonly ofOneSlice: boolean;
  /** Whether an event is, as a rule, the first of its document, which is then written without being looked for. */
  readonly begins: (event: Event) => boolean;
  readonly initial: () => Body<Document>;
  readonly fold: (document: Body<Document>, event: Event, id: string) => Body<Document>;
  /** Milliseconds that events of a source may wait for more before they are written; of one not named 0: people watch each. */
  readonly lingerMs: Readonly<Record<string, number>>;
  /** What change signals carry as the version. */
  readonly version: (document: Body<Document>) => number;
}

/** Defines a projection; its events are those of its sources. */
export const projection = <Document extends ReadModelDocument, const Sources extends readonly EventTopic[]>(
  definition: Omit<Projection<Document, EventOf<Sources[number]>>, 'sources'> & { readonly sources: Sources },
): Projection<Document, EventOf<Sources[number]>> => definition;
