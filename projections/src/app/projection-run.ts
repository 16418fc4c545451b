import type { EventLog, Offset } from '@order-flow/event-log';
import type { ReadStore } from '@order-flow/read-store';
import type { ChangeSignal } from '@order-flow/coordination';
import type { Logger } from '@order-flow/service-kit';
import type { Projection } from '../domain/projection.js';

export interface ProjectionRun {
  readonly projection: Projection;
  /** The collection to fold into. Its checkpoints and its consumer group go by its name. */
  readonly collection: string;
  readonly log: EventLog;
  readonly readStore: ReadStore;
  readonly logger: Logger;
  /** After each write. */
  readonly changed: (signals: readonly ChangeSignal[]) => void;
  /** After each batch: how many events, and where it stands now. */
  readonly progressed: (events: number, positions: readonly Offset[], newest: number) => void;
  /** Where an epoch begins. */
  readonly started?: (positions: readonly Offset[]) => void;
  /** Events a second at most; for rebuilds beside a busy system. */
  readonly throttle?: (events: number) => Promise<void>;
  /** Nothing waits for what is yet to come: for rebuilds, which are done with the last record. */
  readonly isHasty?: boolean;
  /** Folds at a time, among which slices are dealt out; default 1, which makes the fewest writes of what comes live. */
  readonly lanes?: number;
}
