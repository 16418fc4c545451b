import {
  accountEvents,
  catalogEvents,
  type CustomerView,
  orderEvents,
  type OrderEvent,
  type ProductView,
} from '@order-flow/contracts';
import type { ReadStore } from '@order-flow/read-store';
import { documentsOf } from './check-read-models.js';
import { eventsOf, type Finding, type Topics } from './topics.js';

type OrderCreated = Extract<OrderEvent, { type: 'OrderCreated' }>;

/** Orders that were confirmed and not cancelled afterwards. */
function standingOrders(topics: Topics): OrderCreated[] {
  const events = eventsOf(topics, orderEvents);
  const standing = new Set(events.filter(({ type }) => type === 'OrderConfirmed').map(({ subject }) => subject));
  for (const { type, subject } of events) if (type === 'OrderCancelled') standing.delete(subject);
  return events.filter((event) => event.type === 'OrderCreated').filter(({ subject }) => standing.has(subject));
}

class Sums extends Map<string, number> {
  add(key: string, amount: number): void {
    this.set(key, (this.get(key) ?? 0) + amount);
  }
}

/** Received + adjusted = available + held by standing orders, and nothing is below zero. */
export async function checkStock(topics: Topics, readStore: ReadStore): Promise<Finding> {
  const onHand = new Sums();
  for (const event of eventsOf(topics, catalogEvents)) {
    if (event.type === 'StockReceived') onHand.add(event.subject, event.data.quantity);
    if (event.type === 'StockAdjusted') onHand.add(event.subject, event.data.delta);
  }
  const held = new Sums();
  for (const { data } of standingOrders(topics)) for (const { sku, quantity } of data.lines) held.add(sku, quantity);
  const products = await documentsOf<ProductView>(readStore, 'products');
  const violations = [...onHand].flatMap(([sku, received]) => {
    const product = products.get(sku);
    const reserved = held.get(sku) ?? 0;
    const equal =
      product?.onHand === received && product.reserved === reserved && product.available === received - reserved;
    if (equal && product.available >= 0) return [];
    return [`${sku}: ${JSON.stringify(product)}, expected ${received} on hand and ${reserved} reserved`];
  });
  return { claim: 'stock adds up for every SKU and is never below zero', violations, checked: onHand.size };
}

/** Deposits = balance + what standing orders cost, and nothing is below zero. */
export async function checkMoney(topics: Topics, readStore: ReadStore): Promise<Finding> {
  const balance = new Sums();
  for (const event of eventsOf(topics, accountEvents)) {
    if (event.type === 'FundsDeposited') balance.add(event.subject, event.data.amount.amount);
  }
  for (const { data } of standingOrders(topics)) balance.add(data.customerId, -data.total.amount);
  const customers = await documentsOf<CustomerView>(readStore, 'customers');
  const violations = [...balance].flatMap(([account, expected]) => {
    const actual = customers.get(account)?.balances['EUR'];
    return actual === expected && expected >= 0 ? [] : [`${account}: ${actual ?? 'nothing'}, expected ${expected}`];
  });
  return { claim: 'money adds up for every account and is never below zero', violations, checked: balance.size };
}
