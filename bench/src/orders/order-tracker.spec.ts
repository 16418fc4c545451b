import { beforeEach, describe, expect, it } from '@jest/globals';
import { OrderTracker } from './order-tracker.js';

describe('order tracker', () => {
  let now = 0;
  let tracker = new OrderTracker();
  beforeEach(() => {
    now = 0;
    tracker = new OrderTracker(() => now);
  });
  const confirmed = { id: 'a', status: 'CONFIRMED', reason: null } as const;

  it('measures from sending to the end', () => {
    tracker.accepted('a', 10);
    now = 35;
    tracker.seen(confirmed);
    expect(tracker).toMatchObject({ placed: 1, confirmed: 1, inFlight: 0, lastEndAt: 35 });
    expect(tracker.latencies.percentiles(1)).toEqual([25]);
  });

  it('takes news that came before the answer, at the time it came', () => {
    now = 20;
    tracker.seen(confirmed);
    now = 50;
    tracker.accepted('a', 5);
    expect(tracker.confirmed).toBe(1);
    expect(tracker.latencies.percentiles(1)).toEqual([15]);
  });

  it('counts an order once, however often it is seen', () => {
    tracker.accepted('a', 0);
    tracker.seen(confirmed);
    tracker.seen(confirmed);
    expect(tracker).toMatchObject({ confirmed: 1, inFlight: 0 });
    expect(tracker.latencies.count).toBe(1);
  });

  it('waits for CANCELLED when it is to be cancelled, and leaves it out of the latencies', () => {
    tracker.accepted('a', 0, true);
    tracker.seen(confirmed);
    expect(tracker.inFlight).toBe(1);
    tracker.seen({ ...confirmed, status: 'CANCELLED' });
    expect(tracker).toMatchObject({ confirmed: 0, cancelled: 1, inFlight: 0 });
    expect(tracker.latencies.count).toBe(0);
  });

  it('ends an order whose cancellation was refused as it was seen last', () => {
    tracker.accepted('a', 0, true);
    tracker.seen(confirmed);
    tracker.keep('a');
    expect(tracker).toMatchObject({ confirmed: 1, inFlight: 0 });
  });

  it('counts failures by reason', () => {
    for (const id of ['a', 'b', 'c']) tracker.accepted(id, 0);
    tracker.seen({ id: 'a', status: 'FAILED', reason: 'OUT_OF_STOCK' });
    tracker.seen({ id: 'b', status: 'FAILED', reason: 'OUT_OF_STOCK' });
    tracker.seen({ id: 'c', status: 'FAILED', reason: 'INSUFFICIENT_FUNDS' });
    expect(Object.fromEntries(tracker.failed)).toEqual({ OUT_OF_STOCK: 2, INSUFFICIENT_FUNDS: 1 });
  });

  it('is settled when none is open, and says when nothing moves', async () => {
    tracker.accepted('a', 0);
    await expect(tracker.settled(5)).resolves.toBe(false);
    const settled = tracker.settled(10_000);
    tracker.seen(confirmed);
    await expect(settled).resolves.toBe(true);
  });
});
