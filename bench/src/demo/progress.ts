import type { OrderTracker } from '../orders/order-tracker.js';

const ON_TERMINAL_MS = 100;
const ON_PIPE_MS = 2_000;

export const milliseconds = (value: number): string =>
  Number.isNaN(value)
    ? '–'
    : value < 1_000
      ? `${value.toFixed(value < 10 ? 1 : 0)} ms`
      : `${(value / 1_000).toFixed(1)} s`;

/** One line: where the orders are now. */
export function progressLine(tracker: OrderTracker, wanted: number, seconds: number): string {
  const [p50, p95] = tracker.latencies.percentiles(0.5, 0.95);
  const { placed, confirmed, failures, cancelled, inFlight } = tracker;
  return (
    `placed ${placed}/${wanted} · confirmed ${confirmed} · failed ${failures} · cancelled ${cancelled} · ` +
    `in flight ${inFlight} · ${(placed / seconds).toFixed(1)} orders/s · ` +
    `p50 ${milliseconds(p50)} · p95 ${milliseconds(p95)}`
  );
}

export interface Progress {
  /** A message of its own, above the line. */
  say(message: string): void;
  stop(): void;
}

/** Keeps one line up to date on a terminal; elsewhere writes it anew every two seconds. */
export function showProgress(line: () => string, output: NodeJS.WriteStream = process.stdout): Progress {
  const live = output.isTTY;
  const clear = live ? '\r\u001b[2K' : '';
  const draw = (): void => {
    output.write(live ? clear + line().slice(0, (output.columns || 120) - 1) : `${line()}\n`);
  };
  const timer = setInterval(draw, live ? ON_TERMINAL_MS : ON_PIPE_MS);
  return {
    say(message) {
      output.write(`${clear}${message}\n`);
      if (live) draw();
    },
    stop() {
      clearInterval(timer);
      draw();
      if (live) output.write('\n');
    },
  };
}
