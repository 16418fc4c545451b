import type { InventoryEvent, OrderCommandData, OrderEvent, PaymentEvent } from '@order-flow/contracts';
import { z } from 'zod';

/**
 * Where one order stands. `waiting` steps have a deadline. `released` and `refunded` are remembered whenever they come,
 * for the topics they come from are not ordered among each other.
 */
export const Saga = z.object({
  phase: z.enum(['reserving', 'paying', 'deciding', 'failing', 'undoing', 'cancelling', 'done']),
  released: z.boolean(),
  refunded: z.boolean(),
  correlationId: z.string(),
});
export type Saga = z.infer<typeof Saga>;

export type SagaInput = OrderEvent | InventoryEvent | PaymentEvent;

export interface SagaStep {
  readonly saga: Saga;
  readonly commands: readonly OrderCommandData[];
}

export const newSaga = (correlationId: string): Saga => ({
  phase: 'reserving',
  released: false,
  refunded: false,
  correlationId,
});

/** Whether a deadline runs. */
export const isWaiting = (saga: Saga | undefined): boolean => saga?.phase === 'reserving' || saga?.phase === 'paying';

const stay = (saga: Saga): SagaStep => ({ saga, commands: [] });
const fail = (saga: Saga, data: Extract<OrderCommandData, { type: 'FailOrder' }>['data']): SagaStep => ({
  saga: { ...saga, phase: 'failing' },
  commands: [{ type: 'FailOrder', data }],
});

/** What follows from an event. Events of an order that is past the step they belong to change nothing. */
export function advanceSaga(saga: Saga, event: SagaInput): SagaStep {
  const { orderId } = event.data;
  switch (event.type) {
    case 'InventoryReserved':
      if (saga.phase !== 'reserving') return stay(saga);
      return { saga: { ...saga, phase: 'paying' }, commands: [{ type: 'MarkOrderStockReserved', data: { orderId } }] };
    case 'InventoryReservationFailed':
      if (!isWaiting(saga) || event.data.reason === 'ORDER_CLOSED') return stay(saga);
      return fail(saga, { orderId, reason: event.data.reason, detail: shortageDetail(event.data.shortages) });
    case 'PaymentCaptured':
      if (!isWaiting(saga)) return stay(saga);
      return { saga: { ...saga, phase: 'deciding' }, commands: [{ type: 'ConfirmOrder', data: { orderId } }] };
    case 'PaymentDeclined':
      if (!isWaiting(saga) || event.data.reason === 'ORDER_CLOSED') return stay(saga);
      return fail(saga, { orderId, reason: event.data.reason });
    default:
      return finishWhenUndone(remember(saga, event), orderId);
  }
}

function remember(saga: Saga, event: SagaInput): Saga {
  switch (event.type) {
    case 'OrderConfirmed':
      return saga.phase === 'cancelling' || saga.phase === 'undoing' ? saga : { ...saga, phase: 'done' };
    case 'OrderFailed':
      return { ...saga, phase: 'undoing' };
    case 'OrderCancellationRequested':
      return { ...saga, phase: 'cancelling' };
    case 'OrderCancelled':
      return { ...saga, phase: 'done' };
    case 'InventoryReleased':
      return { ...saga, released: true };
    case 'PaymentRefunded':
      return { ...saga, refunded: true };
    default:
      return saga;
  }
}

/** A failed order is finished, and a cancelled one may be completed, when stock and money are back. */
function finishWhenUndone(saga: Saga, orderId: string): SagaStep {
  if (!saga.released || !saga.refunded) return stay(saga);
  if (saga.phase === 'undoing') return stay({ ...saga, phase: 'done' });
  if (saga.phase !== 'cancelling') return stay(saga);
  return { saga: { ...saga, phase: 'done' }, commands: [{ type: 'CompleteOrderCancellation', data: { orderId } }] };
}

/** The step's deadline passed. A late answer finds the order failed and is undone. */
export const expireSaga = (saga: Saga, orderId: string): SagaStep =>
  fail(saga, { orderId, reason: saga.phase === 'paying' ? 'PAYMENT_TIMEOUT' : 'RESERVATION_TIMEOUT' });

const shortageDetail = (shortages: readonly { sku: string; requested: number; available: number }[]): string =>
  shortages
    .map(({ sku, requested, available }) => `${sku}: ${requested} wanted, ${Math.max(0, available)} available`)
    .join('; ')
    .slice(0, 500);
