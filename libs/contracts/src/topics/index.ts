import { z } from 'zod';
import type { EventTopic, TopicSettings } from '../topic.js';
import { accountEvents } from './account-events.js';
import { catalogEvents } from './catalog-events.js';
import { inventoryEvents } from './inventory-events.js';
import { orderCommands } from './order-commands.js';
import { orderEvents } from './order-events.js';
import { paymentEvents } from './payment-events.js';

export * from './account-events.js';
export * from './catalog-events.js';
export * from './inventory-events.js';
export * from './order-commands.js';
export * from './order-events.js';
export * from './payment-events.js';

/** Topics of CloudEvents, by name. */
export const eventTopics: readonly EventTopic[] = [
  catalogEvents,
  accountEvents,
  orderEvents,
  inventoryEvents,
  paymentEvents,
  orderCommands,
];

/** Stream category (the part before the first `-`) → topic, for streams that the bridge carries. */
export const bridgedCategories: Readonly<Record<string, EventTopic>> = {
  product: catalogEvents,
  account: accountEvents,
  order: orderEvents,
};

/** Where the bridge has come to in the event store. Compacted, one partition, one key: `position`. */
export const bridgeCheckpoint: TopicSettings = {
  name: 'bridge.checkpoint',
  key: 'position',
  cleanup: 'compact',
  retentionMs: -1,
  partitions: 1,
};
export const BridgeCheckpoint = z.object({
  /** UUID of the event store (stream `system-identity`). */
  identity: z.uuid(),
  /** Position of the last event carried. */
  position: z.string(),
});
export type BridgeCheckpoint = z.infer<typeof BridgeCheckpoint>;
