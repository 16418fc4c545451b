import { type CloudEvent, inventoryEvents, orderEvents, paymentEvents } from '@order-flow/contracts';
import { bySubject, type Finding, type Topics } from './topics.js';

const FINAL = new Set(['OrderConfirmed', 'OrderFailed', 'OrderCancelled']);

const count = (events: readonly CloudEvent[], ...types: string[]): number =>
  events.filter(({ type }) => types.includes(type)).length;

function orderViolations(
  order: readonly CloudEvent[],
  inventory: readonly CloudEvent[],
  payment: readonly CloudEvent[],
): string[] {
  const last = order.at(-1)?.type ?? 'nothing';
  const undone = count(order, 'OrderFailed', 'OrderCancellationRequested') > 0 ? 1 : 0;
  const times: [what: string, actual: number, atLeast: number, atMost: number][] = [
    ['created', count(order, 'OrderCreated'), 1, 1],
    ['decided', count(order, 'OrderConfirmed', 'OrderFailed'), 0, 1],
    ['answered by inventory', count(inventory, 'InventoryReserved', 'InventoryReservationFailed'), 1, 1],
    ['answered by payment', count(payment, 'PaymentCaptured', 'PaymentDeclined'), 0, 1],
    ['released', count(inventory, 'InventoryReleased'), undone, undone],
    ['refunded', count(payment, 'PaymentRefunded'), undone, undone],
  ];
  const wrong = times.filter(([, actual, atLeast, atMost]) => actual < atLeast || actual > atMost);
  const violations = wrong.map(([what, actual]) => `${what} ${actual} times`);
  return FINAL.has(last) ? violations : [...violations, `ends with ${last}`];
}

/** Every accepted order exists, ended, and was decided, reserved, paid and undone at most once. */
export function checkOrders(topics: Topics, accepted: readonly string[]): Finding {
  const orders = bySubject(topics, orderEvents);
  const inventory = bySubject(topics, inventoryEvents);
  const payment = bySubject(topics, paymentEvents);
  const violations = accepted.filter((id) => !orders.has(id)).map((id) => `${id} was accepted and is lost`);
  for (const [id, events] of orders) {
    const found = orderViolations(events, inventory.get(id) ?? [], payment.get(id) ?? []);
    violations.push(...found.map((violation) => `${id}: ${violation}`));
  }
  return { claim: 'every accepted order is there, ended, and was decided once', violations, checked: orders.size };
}
