import {
  inventoryEvents,
  type InventoryEvent,
  type OrderEvent,
  orderEvents,
  type OrderView,
  type PaymentEvent,
  paymentEvents,
  statusAfter,
} from '@order-flow/contracts';
import { type Body, projection } from './projection.js';

type Order = Body<OrderView>;

const EMPTY: Order = {
  customerId: null,
  status: 'PENDING',
  version: 0,
  placedAt: null,
  updatedAt: '',
  total: null,
  reason: null,
  detail: null,
  lines: [],
  reservation: null,
  payment: null,
  history: [],
};

function foldOrder(order: Order, event: OrderEvent): Order {
  const status = statusAfter[event.type];
  const version = (event.streamrevision ?? 0) + 1;
  const history = [...order.history, { status, version, at: event.time }];
  const next: Order = { ...order, status, version, history };
  if (event.type === 'OrderCreated') {
    const { customerId, lines, total } = event.data;
    return { ...next, customerId, lines, total, placedAt: event.time };
  }
  if (event.type === 'OrderFailed') return { ...next, reason: event.data.reason, detail: event.data.detail ?? null };
  return next;
}

function foldReservation(order: Order, { type, time }: InventoryEvent): Order {
  switch (type) {
    case 'InventoryReserved':
      return { ...order, reservation: { status: 'RESERVED', at: time } };
    case 'InventoryReservationFailed':
      return { ...order, reservation: { status: 'FAILED', at: time } };
    case 'InventoryReleased':
      return { ...order, reservation: { status: 'RELEASED', at: time } };
    case 'InventoryCommitted':
      return order;
  }
}

function foldPayment(order: Order, event: PaymentEvent): Order {
  const { amount } = event.data;
  const at = event.time;
  switch (event.type) {
    case 'PaymentCaptured':
      return { ...order, payment: { status: 'CAPTURED', amount, reason: null, at } };
    case 'PaymentDeclined':
      return { ...order, payment: { status: 'DECLINED', amount, reason: event.data.reason, at } };
    case 'PaymentRefunded':
      // One of 0 answers a demand where nothing was captured, or gives back what an order that costs nothing paid.
      return amount.amount === 0 && order.payment?.status !== 'CAPTURED'
        ? order
        : { ...order, payment: { status: 'REFUNDED', amount, reason: null, at } };
  }
}

function foldByTopic(order: Order, event: OrderEvent | InventoryEvent | PaymentEvent): Order {
  if (event.type.startsWith('Order')) return foldOrder(order, event as OrderEvent);
  if (event.type.startsWith('Inventory')) return foldReservation(order, event as InventoryEvent);
  return foldPayment(order, event as PaymentEvent);
}

/** One document per order: what was ordered, where it stands, and what stock and payment said. */
export const orders = projection<
  OrderView,
  readonly [typeof orderEvents, typeof inventoryEvents, typeof paymentEvents]
>({
  name: 'orders',
  sources: [orderEvents, inventoryEvents, paymentEvents],
  indexes: [
    { placedAt: -1, _id: 1 },
    { customerId: 1, placedAt: -1, _id: 1 },
    { status: 1, placedAt: -1, _id: 1 },
  ],
  keys: ({ subject }) => [subject],
  ofOneSlice: true,
  begins: ({ type }) => type === 'OrderCreated',
  initial: () => EMPTY,
  fold(order, event) {
    const next = foldByTopic(order, event);
    return event.time > next.updatedAt ? { ...next, updatedAt: event.time } : next;
  },
  // What stock and payment say is followed by what the order makes of it: most often one write does for all of it.
  lingerMs: { [inventoryEvents.name]: 500, [paymentEvents.name]: 500 },
  version: ({ version }) => version,
});
