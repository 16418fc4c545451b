import { z } from 'zod';
import { eventType } from '../event.js';
import { NonNegativeMoney } from '../money.js';
import { Sku } from '../ordering-language.js';
import { type DomainEventOf, type EventOf, eventTopic } from '../topic.js';

const quantity = z.int().min(1).max(10_000_000);

/** Streams `product-<sku>`. */
export const catalogEvents = eventTopic('catalog.events', 'sku', {
  ProductAdded: eventType(
    z.object({
      sku: Sku,
      name: z.string().min(1).max(200),
      description: z.string().max(2000),
      category: z.string().max(100),
      price: NonNegativeMoney,
    }),
  ),
  PriceChanged: eventType(z.object({ sku: Sku, price: NonNegativeMoney, previous: NonNegativeMoney })),
  StockReceived: eventType(z.object({ sku: Sku, quantity })),
  StockAdjusted: eventType(z.object({ sku: Sku, delta: z.int(), reason: z.string().max(200) })),
  ProductDiscontinued: eventType(z.object({ sku: Sku })),
});
export type CatalogEvent = EventOf<typeof catalogEvents>;
export type CatalogDomainEvent = DomainEventOf<typeof catalogEvents>;
