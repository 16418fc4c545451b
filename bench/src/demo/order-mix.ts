import type { OrderRequest } from '../orders/commands.js';
import { pick } from '@order-flow/service-kit/testing';
import type { Shop } from './shop.js';

/** What somebody does in the demo. */
export interface DemoOrder {
  readonly order: OrderRequest;
  /** Milliseconds after its acceptance; undefined for nearly all. */
  readonly cancelAfterMs: number | undefined;
}

const SCARCE_SHARE = 0.05;
const POOR_SHARE = 0.05;
const CANCELLED_SHARE = 0.06;
const CANCELLED_WITHIN_MS = 400;

/** Up to four different products of everyday, one to three of each. */
function basket(random: () => number, shop: Shop): OrderRequest['items'] {
  const skus = new Set(Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(random, shop.everyday)));
  return [...skus].map((sku) => ({ sku, quantity: 1 + Math.floor(random() * 3) }));
}

/**
 * Mostly orders that go through; some want more of rare goods than there is, some are by customers without money, some
 * are cancelled soon after.
 */
export function nextOrder(random: () => number, shop: Shop): DemoOrder {
  const dice = random();
  if (dice < SCARCE_SHARE && shop.scarce.length > 0) {
    const items = [{ sku: pick(random, shop.scarce), quantity: 5 + Math.floor(random() * 20) }];
    return { order: { customerId: pick(random, shop.customers), items }, cancelAfterMs: undefined };
  }
  if (dice < SCARCE_SHARE + POOR_SHARE && shop.poor.length > 0) {
    const items = [{ sku: pick(random, shop.everyday), quantity: 4 + Math.floor(random() * 8) }];
    return { order: { customerId: pick(random, shop.poor), items }, cancelAfterMs: undefined };
  }
  const cancelled = random() < CANCELLED_SHARE;
  return {
    order: { customerId: pick(random, shop.customers), items: basket(random, shop) },
    cancelAfterMs: cancelled ? random() * CANCELLED_WITHIN_MS : undefined,
  };
}
