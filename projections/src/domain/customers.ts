import {
  accountEvents,
  type AccountEvent,
  type CustomerView,
  type Money,
  type OrderEvent,
  orderEvents,
  type PaymentEvent,
  paymentEvents,
} from '@order-flow/contracts';
import { type Body, projection } from './projection.js';

type Customer = Body<CustomerView>;
type Counts = Customer['orders'];

const pay = (customer: Customer, { amount, currency }: Money, sign: 1 | -1): Customer => ({
  ...customer,
  balances: { ...customer.balances, [currency]: (customer.balances[currency] ?? 0) + sign * amount },
});

function foldAccount(customer: Customer, event: AccountEvent): Customer {
  const next = { ...customer, version: (event.streamrevision ?? 0) + 1 };
  switch (event.type) {
    case 'AccountOpened':
      return { ...next, name: event.data.name, email: event.data.email };
    case 'FundsDeposited':
      return pay(next, event.data.amount, 1);
    case 'AccountFrozen':
      return { ...next, frozen: true };
    case 'AccountUnfrozen':
      return { ...next, frozen: false };
  }
}

function foldPayment(customer: Customer, event: PaymentEvent): Customer {
  switch (event.type) {
    case 'PaymentCaptured':
      return pay(customer, event.data.amount, -1);
    case 'PaymentRefunded':
      return pay(customer, event.data.amount, 1);
    case 'PaymentDeclined':
      return customer;
  }
}

const counted: Readonly<Partial<Record<OrderEvent['type'], keyof Counts>>> = {
  OrderCreated: 'placed',
  OrderConfirmed: 'confirmed',
  OrderFailed: 'failed',
  OrderCancelled: 'cancelled',
};

function foldOrder(customer: Customer, { type }: OrderEvent): Customer {
  const count = counted[type];
  return count ? { ...customer, orders: { ...customer.orders, [count]: customer.orders[count] + 1 } } : customer;
}

type Event = AccountEvent | PaymentEvent | OrderEvent;
const isOrder = (event: Event): event is OrderEvent => event.type.startsWith('Order');
const isPayment = (event: Event): event is PaymentEvent => event.type.startsWith('Payment');

/** One document per account: balance and how its orders went. */
export const customers = projection<
  CustomerView,
  readonly [typeof accountEvents, typeof orderEvents, typeof paymentEvents]
>({
  name: 'customers',
  sources: [accountEvents, orderEvents, paymentEvents],
  indexes: [{ name: 1, _id: 1 }],
  keys(event) {
    if (isOrder(event)) return counted[event.type] ? [event.data.customerId] : [];
    return isPayment(event) ? [event.data.customerId] : [event.subject];
  },
  ofOneSlice: false,
  begins: ({ type }) => type === 'AccountOpened',
  initial: () => ({
    name: null,
    email: null,
    frozen: false,
    version: 0,
    balances: {},
    orders: { placed: 0, confirmed: 0, failed: 0, cancelled: 0 },
  }),
  fold(customer, event) {
    if (isOrder(event)) return foldOrder(customer, event);
    return isPayment(event) ? foldPayment(customer, event) : foldAccount(customer, event);
  },
  lingerMs: { [orderEvents.name]: 25, [paymentEvents.name]: 25 },
  version: ({ version }) => version,
});
