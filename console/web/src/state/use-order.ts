import { useEffect, useState } from 'preact/hooks';
import { RequestFailed } from './api.js';
import { pause } from './pause.js';
import { type Order, orderChanges } from './shop-api.js';

const RECONNECT_AFTER = 1_000;
const SETTLED = new Set(['CONFIRMED', 'DISPATCHED', 'DELIVERED', 'FAILED', 'CANCELLED', 'REFUNDED']);

/** Whether the order has come through, one way or the other. */
export const isSettled = (status: string): boolean => SETTLED.has(status);

const isFinal = (error: unknown): boolean =>
  error instanceof RequestFailed && (error.status === 200 || (error.status >= 400 && error.status < 429));

interface Following {
  readonly id: string;
  readonly signal: AbortSignal;
  readonly onOrder: (order: Order) => void;
  readonly onError: (error: Error | undefined) => void;
}

/** One subscription. Answers the last revision it brought, and whether there is more to wait for. */
async function followOnce({ id, signal, onOrder, onError }: Following, after: number | null) {
  let revision = after;
  try {
    for await (const order of orderChanges(id, after, signal)) {
      revision = order.revision;
      onError(undefined);
      onOrder(order);
      if (isSettled(order.status)) return { revision, more: false };
    }
    return { revision, more: true };
  } catch (error) {
    if (!signal.aborted) onError(error as Error);
    return { revision, more: !isFinal(error) };
  }
}

async function follow(following: Following): Promise<void> {
  let state: { readonly revision: number | null; readonly more: boolean } = { revision: null, more: true };
  while (!following.signal.aborted) {
    state = await followOnce(following, state.revision);
    if (!state.more) return;
    await pause(RECONNECT_AFTER, following.signal);
  }
}

/** An order as it changes, until it is settled; a subscription that is cut off goes on from the last revision. */
export function useOrder(id: string): { readonly order: Order | undefined; readonly error: Error | undefined } {
  const [order, setOrder] = useState<Order>();
  const [error, setError] = useState<Error>();
  useEffect(() => {
    const leaving = new AbortController();
    void follow({ id, signal: leaving.signal, onOrder: setOrder, onError: setError });
    return () => leaving.abort();
  }, [id]);
  return { order, error };
}
