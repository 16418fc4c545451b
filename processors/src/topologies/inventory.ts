import {
  catalogEvents,
  type CatalogEvent,
  type InventoryDomainEvent,
  inventoryEvents,
  orderEvents,
} from '@order-flow/contracts';
import { flatMap, type KeyValueStore, ofType, topology } from '@order-flow/streams';
import { z } from 'zod';
import { close, CLOSING_HORIZON_MS, FORGET_EVERY_MS, forgetClosed } from '../domain/horizon.js';
import {
  gatherReply,
  requestReservation,
  Reservation,
  type ReservationDecision,
  undoReservation,
} from '../domain/reservation.js';
import { decideStock, Hold, moveStock, NO_STOCK, Stock, StockReply, StockRequest } from '../domain/stock-ledger.js';

/** Units a catalog event adds to what is on hand. */
function unitsMoved(event: CatalogEvent): number | undefined {
  switch (event.type) {
    case 'ProductAdded':
      return 0;
    case 'StockReceived':
      return event.data.quantity;
    case 'StockAdjusted':
      return event.data.delta;
    case 'PriceChanged':
    case 'ProductDiscontinued':
      return undefined;
  }
}

const isEvent = (message: InventoryDomainEvent | StockRequest): message is InventoryDomainEvent =>
  message.type.startsWith('Inventory');
const filterEvents = flatMap((message: InventoryDomainEvent | StockRequest) => (isEvent(message) ? [message] : []));
const filterRequests = flatMap((message: InventoryDomainEvent | StockRequest) => (isEvent(message) ? [] : [message]));

/**
 * Reserves all lines of an order or none. An order's slice asks each SKU's slice (`by-sku`), gathers the answers
 * (`by-order`) and decides; what was held in vain goes back.
 */
export const inventory = topology('inventory', (t) => {
  const reservations = t.store('reservations', Reservation);
  const closings = t.store('closings', z.string());
  const stock = t.store('stock', Stock);
  const holds = t.store('holds', Hold);

  const requests = t.repartition('by-sku', { schema: StockRequest, key: ({ sku }) => sku });
  const replies = t.repartition('by-order', { schema: StockReply, key: ({ orderId }) => orderId });

  const fromOrders = t
    .from(orderEvents)
    .pipe(ofType('OrderCreated', 'OrderFailed', 'OrderCancellationRequested'))
    .process('request-stock', { reservations, closings }, ({ key, value, timestamp }, stores) => {
      const current = stores.reservations.get(key);
      const decision =
        value.type === 'OrderCreated' ? requestReservation(value.data, current) : undoReservation(key, current);
      return remember(stores, key, timestamp, decision);
    });
  const fromReplies = replies.stream.process(
    'gather-replies',
    { reservations, closings },
    ({ key, value, timestamp }, stores) =>
      remember(stores, key, timestamp, gatherReply(value, stores.reservations.get(key))),
  );
  const decided = t.merge(fromOrders, fromReplies);
  decided.pipe(filterRequests).sendTo(requests);
  decided.pipe(filterEvents).to(inventoryEvents, { id: ({ type }, { key }) => [key, type] });

  requests.stream
    .process('hold-stock', { stock, holds }, ({ key: sku, value }, stores) => {
      const holdKey = `${sku}/${value.orderId}`;
      const decision = decideStock(value, stores.stock.get(sku) ?? NO_STOCK, stores.holds.get(holdKey));
      stores.stock.put(sku, decision.stock);
      if (decision.hold) stores.holds.put(holdKey, decision.hold);
      if (decision.hold === null) stores.holds.delete(holdKey);
      return decision.replies;
    })
    .sendTo(replies);

  t.from(catalogEvents, { sequenced: false }).process('move-stock', { stock }, ({ key: sku, value }, stores) => {
    const units = unitsMoved(value);
    if (units !== undefined) stores.stock.put(sku, moveStock(stores.stock.get(sku) ?? NO_STOCK, units));
    return [];
  });

  t.every('forget-closed', FORGET_EVERY_MS, { reservations, closings }, (now, stores) => {
    forgetClosed(stores.closings, now, CLOSING_HORIZON_MS, (orderId) => stores.reservations.delete(orderId));
    return [];
  });
});

function remember(
  stores: { readonly reservations: KeyValueStore<Reservation>; readonly closings: KeyValueStore<string> },
  orderId: string,
  timestamp: number,
  { next, outputs }: ReservationDecision,
): ReservationDecision['outputs'] {
  if (next) stores.reservations.put(orderId, next);
  if (next?.phase === 'closed') close(stores.closings, timestamp, orderId);
  return outputs;
}
