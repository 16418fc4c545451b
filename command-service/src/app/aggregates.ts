import {
  type AccountDomainEvent,
  accountEvents,
  type CatalogDomainEvent,
  catalogEvents,
  type OrderDomainEvent,
  orderEvents,
} from '@order-flow/contracts';
import { account, type Account, type AccountCommand } from '../domain/account.js';
import { order, type Order, type OrderCommand } from '../domain/order.js';
import { product, type Product, type ProductCommand } from '../domain/product.js';
import type { Aggregate } from './handle.js';
import { RecentStreams } from './recent-streams.js';

/** Orders, of 1 to 3 KB each: those that the saga is about to go on with. */
const REMEMBERED_ORDERS = 2_000;

export const products: Aggregate<ProductCommand, CatalogDomainEvent, Product> = {
  decider: product,
  topic: catalogEvents,
  stream: (sku) => `product-${sku}`,
};

export const accounts: Aggregate<AccountCommand, AccountDomainEvent, Account> = {
  decider: account,
  topic: accountEvents,
  stream: (id) => `account-${id}`,
};

export type Orders = Aggregate<OrderCommand, OrderDomainEvent, Order>;

export const orders: Orders = {
  decider: order,
  topic: orderEvents,
  stream: (id) => `order-${id}`,
};

/** Orders, of which those written last need not be read to be written again. */
export const rememberedOrders = (): Orders => ({ ...orders, recent: new RecentStreams<Order>(REMEMBERED_ORDERS) });
