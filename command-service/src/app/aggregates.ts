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

export const orders: Aggregate<OrderCommand, OrderDomainEvent, Order> = {
  decider: order,
  topic: orderEvents,
  stream: (id) => `order-${id}`,
};
