import { inventoryEvents, orderCommands, orderEvents, paymentEvents } from '@order-flow/contracts';
import { type Punctuated, topology, type Topology } from '@order-flow/streams';
import { z } from 'zod';
import { anyWaiting, type Deadlines, takeDue, Wait, waitNoLonger, waitUntil } from '../domain/deadlines.js';
import { close, DAY_MS, FORGET_EVERY_MS, forgetClosed } from '../domain/horizon.js';
import { advanceSaga, expireSaga, isWaiting, newSaga, Saga, type SagaStep } from '../domain/order-saga.js';
import { advance, RunningTime } from '../domain/running-time.js';

const SagaEntry = Saga.extend({ wait: Wait.optional() });
type SagaEntry = z.infer<typeof SagaEntry>;
const CLOCK = 'running';

const unchanged = (a: Saga, b: Saga): boolean =>
  a.phase === b.phase && a.released === b.released && a.refunded === b.refunded;

/** Turns the answers of inventory and payment into commands to the order aggregate, and watches the clock. */
export function orderSaga(stepDeadlineMs: number): Topology {
  const tickMs = Math.min(1_000, stepDeadlineMs / 4);
  return topology('order-saga', (t) => {
    const sagas = t.store('sagas', SagaEntry);
    const deadlines = t.store('deadlines', z.string());
    const clock = t.store('clock', RunningTime);
    const closings = t.store('closings', z.string());

    const answered = t
      .merge(t.from(orderEvents), t.from(inventoryEvents), t.from(paymentEvents))
      .process('advance', { sagas, deadlines, clock, closings }, ({ key, value, timestamp, cause }, stores) => {
        const known = stores.sagas.get(key);
        const before = known ?? newSaga(cause.correlationId);
        const { saga, commands } = advanceSaga(before, value);
        if (known && unchanged(before, saga)) return commands;
        // The next tick counts up to two, of which most may have been before.
        const until = (stores.clock.get(CLOCK)?.elapsed ?? 0) + 2 * tickMs + stepDeadlineMs;
        stores.sagas.put(key, { ...saga, wait: waitOf(stores.deadlines, key, known, saga, until) });
        if (saga.phase === 'done') close(stores.closings, timestamp, key);
        return commands;
      });

    const timedOut = t.every('deadlines', tickMs, { sagas, deadlines, clock }, (now, stores) => {
      if (!anyWaiting(stores.deadlines)) return [];
      const time = advance(stores.clock.get(CLOCK), now, tickMs * 2);
      stores.clock.put(CLOCK, time);
      return takeDue(stores.deadlines, time.elapsed).flatMap((orderId) => {
        const saga = stores.sagas.get(orderId);
        if (!saga?.wait) return [];
        if (saga.wait.until >= time.elapsed) {
          const wait = waitUntil(stores.deadlines, orderId, saga.wait.until, undefined);
          stores.sagas.put(orderId, { ...saga, wait });
          return [];
        }
        const step = expireSaga(saga, orderId);
        stores.sagas.put(orderId, { ...step.saga, wait: undefined });
        return timeouts(orderId, saga, step);
      });
    });

    t.merge(answered, timedOut).to(orderCommands, { id: ({ type }, { key }) => [key, type] });

    t.every('forget-done', FORGET_EVERY_MS, { sagas, closings }, (now, stores) => {
      forgetClosed(stores.closings, now, DAY_MS, (orderId) => {
        // A confirmed order may be cancelled later, and is noted again when that is done.
        if (stores.sagas.get(orderId)?.phase === 'done') stores.sagas.delete(orderId);
      });
      return [];
    });
  });
}

function timeouts(
  orderId: string,
  { phase, correlationId }: Saga,
  { commands }: SagaStep,
): Punctuated<SagaStep['commands'][number]>[] {
  const causationId = `deadline:${phase}:${orderId}`;
  return commands.map((value) => ({ key: orderId, value, causationId, correlationId }));
}

/** A step that begins waits anew; the order that waits no longer takes its deadline back. */
function waitOf(
  deadlines: Deadlines,
  orderId: string,
  before: SagaEntry | undefined,
  after: Saga,
  until: number,
): Wait | undefined {
  if (!isWaiting(after)) {
    waitNoLonger(deadlines, orderId, before?.wait);
    return undefined;
  }
  if (before?.wait && before.phase === after.phase) return before.wait;
  return waitUntil(deadlines, orderId, until, before?.wait);
}
