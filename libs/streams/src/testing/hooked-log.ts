import type { EventLog, LogWriter, NewRecord, Offset, OwnershipEpoch, RecordBatch } from '@order-flow/event-log';
import type { SliceState, StateBackend } from '../state.js';

type Hook<Argument> = (argument: Argument) => unknown;

/** Called at the steps of a slice's life; one that throws, or answers a promise that rejects, fails the step. */
export interface LogHooks {
  openWriter?: Hook<string>;
  beforeCommit?: Hook<string>;
  /** Records were committed. */
  committed?: Hook<readonly NewRecord[]>;
  afterCommit?: Hook<string>;
  /** A reader of changelogs begins. */
  restore?: Hook<readonly Offset[]>;
  /** A reader of inputs begins. */
  read?: Hook<readonly Offset[]>;
  /** The group is asked whether an epoch goes on. */
  confirm?: Hook<readonly number[]>;
  /** A batch of inputs is handed out. */
  batch?: Hook<RecordBatch>;
  /** Readers of inputs that began and did not end. */
  readers?: number;
}

/** A log that calls hooks on its way. */
export function hookedLog(log: EventLog, hooks: LogHooks): EventLog {
  async function* readEpoch(
    epoch: OwnershipEpoch,
    ...[from, signal, demand, writer]: Parameters<OwnershipEpoch['read']>
  ) {
    hooks.readers = (hooks.readers ?? 0) + 1;
    try {
      await hooks.read?.(from);
      for await (const batch of epoch.read(from, signal, demand, writer && (hooked.get(writer) ?? writer))) {
        await hooks.batch?.(batch);
        yield batch;
      }
    } finally {
      hooks.readers -= 1;
    }
  }
  return {
    identity: () => log.identity(),
    admin: log.admin,
    close: () => log.close(),
    async openWriter(id) {
      await hooks.openWriter?.(id);
      return hookedWriter(await log.openWriter(id), id, hooks);
    },
    async *read(from, options) {
      await hooks.restore?.(from);
      yield* log.read(from, options);
    },
    async *join(group, topics, signal) {
      for await (const epoch of log.join(group, topics, signal)) {
        const confirm = async (): Promise<boolean> => {
          await hooks.confirm?.(epoch.slices);
          return epoch.confirm();
        };
        yield { ...epoch, confirm, read: (...wanted) => readEpoch(epoch, ...wanted) };
      }
    },
  };
}

/** The writers below hooked ones. */
const hooked = new WeakMap<LogWriter, LogWriter>();

function hookedWriter(inner: LogWriter, id: string, hooks: LogHooks): LogWriter {
  const writer: LogWriter = {
    async commit(batch, decided) {
      await hooks.beforeCommit?.(id);
      const committed = await inner.commit(batch, decided);
      await hooks.committed?.(batch.records);
      await hooks.afterCommit?.(id);
      return committed;
    },
    close: () => inner.close(),
  };
  hooked.set(writer, inner);
  return writer;
}

export interface StateHooks {
  beforeCommit?: Hook<string>;
  afterCommit?: Hook<string>;
  get?: Hook<string>;
}

/** A state that calls hooks on its way. */
export function hookedState(state: StateBackend, hooks: StateHooks): StateBackend {
  const slice = (topology: string, number: number): SliceState => {
    const inner = state.slice(topology, number);
    return {
      meta: () => inner.meta(),
      get(store, key) {
        hooks.get?.(key);
        return inner.get(store, key);
      },
      range: (store, range) => inner.range(store, range),
      async commit(writes, meta) {
        await hooks.beforeCommit?.(topology);
        await inner.commit(writes, meta);
        await hooks.afterCommit?.(topology);
      },
      wipe: () => inner.wipe(),
    };
  };
  return { slice, close: () => state.close() };
}

/** A hook that fails now and then. */
export interface Failing {
  (): void;
  /** Whether it has failed as often as it is to. */
  readonly exhausted: boolean;
}

/** A hook that fails at its calls of these numbers (1 is the first). */
export function failingAt(...calls: readonly number[]): Failing {
  let count = 0;
  const hook = (): void => {
    count++;
    if (calls.includes(count)) throw new Error(`injected at call ${count}`);
  };
  return Object.defineProperty(hook, 'exhausted', { get: () => count >= Math.max(...calls) }) as Failing;
}
