import type { OrderTracker } from '../orders/order-tracker.js';
import { type Row, textTable } from '../text-table.js';
import { milliseconds } from './progress.js';

const WHY: Readonly<Record<string, string>> = {
  OUT_OF_STOCK: 'not enough in stock',
  INSUFFICIENT_FUNDS: 'the account holds too little',
};

const why = (reason: string): string => (WHY[reason] ? `${WHY[reason]} (${reason})` : reason);

export interface DemoResult {
  readonly tracker: OrderTracker;
  /** Orders that were not accepted, by code. */
  readonly refused: ReadonlyMap<string, number>;
  readonly seconds: number;
}

/** What became of the orders. */
export function closingTable({ tracker, refused, seconds }: DemoResult): string {
  const { placed, confirmed, failed, cancelled, inFlight, latencies, ended } = tracker;
  const row = (name: string, count: number): Row => [
    name,
    String(count),
    placed > 0 ? `${((100 * count) / placed).toFixed(1)} %` : '',
  ];
  const reasons = [...failed].sort(([, a], [, b]) => b - a);
  const [p50, p95, most] = latencies.percentiles(0.5, 0.95, 1);
  const rows: Row[] = [
    row('placed', placed),
    row('confirmed', confirmed),
    ...reasons.map(([reason, count]) => row(`failed: ${why(reason)}`, count)),
    row('cancelled', cancelled),
    ...(inFlight > 0 ? [row('WITHOUT AN END', inFlight)] : []),
    ...[...refused].map(([code, count]): Row => [`refused: ${code}`, String(count), '']),
    ['p50, placeOrder to the end in the read model', milliseconds(p50), ''],
    ['p95', milliseconds(p95), ''],
    ['longest', milliseconds(most), ''],
    ['throughput', `${(ended / seconds).toFixed(1)} orders/s`, ''],
  ];
  return textTable(['orders', '', 'share'], rows);
}
