import type { OpenStores, StreamTime } from './graph.js';
import type { Rec } from './record.js';
import type { StoreDefinition } from './store.js';

/** Windows of stream time: each covers `sizeMs` from a multiple of `advanceMs` on. */
export interface WindowSettings {
  readonly sizeMs: number;
  /** Milliseconds between the starts of windows; default `sizeMs`: they do not overlap. */
  readonly advanceMs?: number;
  /** Milliseconds of stream time for which a window takes late records after its end; default 0. */
  readonly graceMs?: number;
  /** Each new value, or only the last one when the window closes; default 'updates'. */
  readonly emit?: 'updates' | 'final';
}

/** The value of a key in a window from `start` (inclusive) to `end`; milliseconds since the epoch. */
export interface Windowed<Value> {
  readonly start: number;
  readonly end: number;
  readonly value: Value;
}

/** What a windowed aggregate gives out: a window's value, or a record that came after its windows were closed. */
export type WindowOutput<Value, State> =
  { readonly kind: 'window'; readonly window: Windowed<State> } | { readonly kind: 'late'; readonly value: Value };

export interface Aggregator<Value, State> {
  readonly initialState: (key: string) => State;
  readonly fold: (state: State, value: Value, record: Rec<Value>) => State;
}

const DIGITS = 15;
const startText = (start: number): string => String(start).padStart(DIGITS, '0');
/** Ordered by start, so that closed windows are a range. */
const windowKey = (start: number, key: string): string => `${startText(start)}/${key}`;

/** Refuses what is no window. @throws RangeError */
export function windowOf(settings: WindowSettings): Required<WindowSettings> {
  const { sizeMs, advanceMs = sizeMs, graceMs = 0, emit = 'updates' } = settings;
  const whole = [sizeMs, advanceMs, graceMs].every((value) => Number.isInteger(value) && value >= 0);
  if (!whole || advanceMs < 1 || advanceMs > sizeMs) {
    throw new RangeError(
      `a window of ${sizeMs} ms every ${advanceMs} ms with ${graceMs} ms of grace: whole milliseconds, 1 <= advanceMs <= sizeMs`,
    );
  }
  return { sizeMs, advanceMs, graceMs, emit };
}

/** Starts of the windows that hold an instant, oldest first. */
export function windowStarts(timestamp: number, { sizeMs, advanceMs }: Required<WindowSettings>): number[] {
  const last = Math.floor(timestamp / advanceMs) * advanceMs;
  const starts: number[] = [];
  for (let start = last; start > timestamp - sizeMs && start >= 0; start -= advanceMs) starts.push(start);
  return starts.reverse();
}

/**
 * Folds records into windows. A window closes, and leaves the store, when stream time has passed its end and grace; a
 * record all of whose windows are closed is late (after Akidau et al., The Dataflow Model, 2015).
 */
export function windowAggregate<Value, State>(
  store: string,
  settings: WindowSettings,
  { initialState, fold }: Aggregator<Value, State>,
) {
  const window = windowOf(settings);
  const { sizeMs, advanceMs, graceMs, emit } = window;
  /** All windows that start at it or before are closed. */
  const closedUpTo = (time: number): number => Math.floor((time - sizeMs - graceMs) / advanceMs) * advanceMs;
  type Output = Rec<WindowOutput<Value, State>>;

  return (
    record: Rec<Value>,
    { windows }: OpenStores<{ windows: StoreDefinition<State> }>,
    time: StreamTime,
  ): Output[] => {
    const outputs: Output[] = [];
    const give = (key: string, start: number, value: State, eventId: string): void => {
      const cause = { ...record.cause, eventId };
      const given = { start, end: start + sizeMs, value };
      outputs.push({ ...record, key, cause, value: { kind: 'window', window: given } });
    };
    const closed = closedUpTo(time.now);
    // Since this node's last record, that is: the one that passed the end may have gone elsewhere.
    if (closed >= 0 && closed > closedUpTo(time.handled)) {
      for (const [name, state] of [...windows.range({ lt: startText(closed + 1) })]) {
        windows.delete(name);
        const start = Number(name.slice(0, DIGITS));
        const key = name.slice(DIGITS + 1);
        if (emit === 'final') give(key, start, state, `window:${store}:${start}:${key}`);
      }
    }
    const open = windowStarts(record.timestamp, window).filter((start) => start > closed);
    if (open.length === 0) outputs.push({ ...record, value: { kind: 'late', value: record.value } });
    for (const start of open) {
      const name = windowKey(start, record.key);
      const state = fold(windows.get(name) ?? initialState(record.key), record.value, record);
      windows.put(name, state);
      if (emit === 'updates') give(record.key, start, state, record.cause.eventId);
    }
    return outputs;
  };
}
