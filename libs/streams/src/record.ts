import type { Offset } from '@order-flow/event-log';

/** Where a record comes from, carried through every step so that outputs can name it. */
export interface Cause {
  /** `<topic>-<partition>-<offset>`, or `clock:<milliseconds>` for a punctuation. */
  readonly origin: string;
  /** Id of the event or command just before; a punctuation has none of its own. */
  readonly eventId: string;
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
}

/** What flows through a topology: a keyed, timestamped value. */
export interface Rec<Value = unknown> {
  readonly key: string;
  readonly value: Value;
  /** Milliseconds since the epoch; an output inherits its cause's. */
  readonly timestamp: number;
  readonly cause: Cause;
}

/** A record's place: `<topic>-<partition>-<offset>`. */
export const originOf = ({ topic, partition, offset }: Offset): string => `${topic}-${partition}-${offset}`;
