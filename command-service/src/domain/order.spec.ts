import { describe, it } from '@jest/globals';
import type { OrderDemand, OrderDomainEvent } from '@order-flow/contracts';
import { specificationOf } from '../testing/decider-specification.js';
import { order } from './order.js';

const given = specificationOf(order);
const orderId = '00000000-0000-4000-8000-000000000001';
const customerId = 'alice';
const demand: OrderDemand = {
  orderId,
  customerId,
  lines: [{ sku: 'TEA', name: 'Tea', quantity: 2, unitPrice: { amount: 100, currency: 'EUR' } }],
  total: { amount: 200, currency: 'EUR' },
};
const only = { orderId, customerId };
const created: OrderDomainEvent = { type: 'OrderCreated', data: demand };
const reserved: OrderDomainEvent = { type: 'OrderStockReserved', data: only };
const confirmed: OrderDomainEvent = { type: 'OrderConfirmed', data: only };
const failed: OrderDomainEvent = { type: 'OrderFailed', data: { ...demand, reason: 'OUT_OF_STOCK' } };
const cancelling: OrderDomainEvent = {
  type: 'OrderCancellationRequested',
  data: { ...demand, reason: 'no longer needed' },
};
const cancelled: OrderDomainEvent = { type: 'OrderCancelled', data: only };

const confirm = { type: 'ConfirmOrder', data: { orderId } } as const;
const fail = { type: 'FailOrder', data: { orderId, reason: 'OUT_OF_STOCK' } } as const;
const cancel = { type: 'RequestOrderCancellation', orderId, reason: 'no longer needed' } as const;
const complete = { type: 'CompleteOrderCancellation', data: { orderId } } as const;
const mark = { type: 'MarkOrderStockReserved', data: { orderId } } as const;

describe('an order', () => {
  it('is created once', () => {
    given().when({ type: 'CreateOrder', demand }).then(created);
    given(created).when({ type: 'CreateOrder', demand }).thenRefused('ORDER_EXISTS');
  });

  it('goes from reserved to confirmed', () => {
    given(created).when(mark).then(reserved);
    given(created, reserved).when(confirm).then(confirmed);
  });

  it('fails with its reason and carries all that is needed to undo it', () => given(created).when(fail).then(failed));

  it('can be cancelled until it is confirmed and after, and ends when everything is back', () => {
    given(created).when(cancel).then(cancelling);
    given(created, reserved, confirmed).when(cancel).then(cancelling);
    given(created, cancelling).when(complete).then(cancelled);
  });

  it('is cancelled once', () => {
    given(created, cancelling).when(cancel).thenNothing();
    given(created, cancelling, cancelled).when(cancel).thenNothing();
  });

  it('alone decides: what comes too late is refused', () => {
    given(created, cancelling).when(confirm).thenRefused('ORDER_CLOSED');
    given(created, failed).when(confirm).thenRefused('ORDER_CLOSED');
    given(created, confirmed).when(fail).thenRefused('ORDER_CLOSED');
    given(created, failed).when(fail).thenRefused('ORDER_CLOSED');
    given(created).when(complete).thenRefused('ORDER_CLOSED');
    given(created, failed).when(cancel).thenRefused('ORDER_NOT_CANCELLABLE');
  });

  it('must exist', () => given().when(cancel).thenRefused('ORDER_NOT_FOUND'));
});
