import { inventoryEvents, orderCommands, orderEvents, paymentEvents } from '@order-flow/contracts';
import { type Punctuated, topology, type Topology } from '@order-flow/streams';
import { z } from 'zod';
import { anyWaiting, expired, newDeadline, stamp } from '../domain/deadlines.js';
import { close, DAY_MS, FORGET_EVERY_MS, forgetClosed } from '../domain/horizon.js';
import { advanceSaga, expireSaga, isWaiting, newSaga, Saga, type SagaStep } from '../domain/order-saga.js';
import { advance, RunningTime } from '../domain/running-time.js';

/** Saga entries carry the key of their deadline, to take it back. */
const SagaEntry = Saga.extend({ deadline: z.string().optional() });
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
      .process('advance', { sagas, deadlines, closings }, ({ key, value, timestamp, cause }, stores) => {
        const known = stores.sagas.get(key);
        const before = known ?? newSaga(cause.correlationId);
        const { saga, commands } = advanceSaga(before, value);
        if (known && unchanged(before, saga)) return commands;
        const deadline = moveDeadline(stores.deadlines, key, known, saga);
        stores.sagas.put(key, { ...saga, ...(deadline ? { deadline } : {}) });
        if (saga.phase === 'done') close(stores.closings, timestamp, key);
        return commands;
      });

    const timedOut = t.every('deadlines', tickMs, { sagas, deadlines, clock }, (now, stores) => {
      if (!anyWaiting(stores.deadlines)) return [];
      const time = advance(stores.clock.get(CLOCK), now, tickMs * 2);
      stores.clock.put(CLOCK, time);
      stamp(stores.deadlines, time.elapsed, stepDeadlineMs, (orderId, deadline) => {
        const saga = stores.sagas.get(orderId);
        if (saga) stores.sagas.put(orderId, { ...saga, deadline });
      });
      return expired(stores.deadlines, time.elapsed).flatMap((orderId) => {
        const entry = stores.sagas.get(orderId);
        if (!entry || !isWaiting(entry)) return [];
        const before = Saga.parse(entry);
        const step = expireSaga(before, orderId);
        stores.sagas.put(orderId, step.saga);
        return timeouts(orderId, before, step);
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

interface DeadlineStore {
  put(key: string, id: string): void;
  delete(key: string): void;
}

/** A step that begins waits anew; one that ends takes its deadline back. Returns the key that stands now. */
function moveDeadline(
  deadlines: DeadlineStore,
  id: string,
  before: SagaEntry | undefined,
  after: Saga,
): string | undefined {
  const current = before?.deadline;
  if (isWaiting(after)) {
    const key = newDeadline(id);
    if (current === key) return key;
    if (current) deadlines.delete(current);
    deadlines.put(key, id);
    return key;
  }
  if (current) deadlines.delete(current);
  return undefined;
}
