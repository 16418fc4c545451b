import type { OrderStatus, OrderView, ProductView } from '@order-flow/contracts';
import { invalidArgument } from '../schema/graphql-errors.js';
import { type Page, type PageRequest, readPage } from './keyset.js';
import type { ReadModel } from './read-model.js';

export interface OrderSelection {
  readonly customerId?: string | null | undefined;
  readonly statuses?: readonly OrderStatus[] | null | undefined;
  /** ISO 8601 in UTC, included. */
  readonly placedFrom?: string | null | undefined;
  /** ISO 8601 in UTC, excluded. */
  readonly placedTo?: string | null | undefined;
}

/** The read model's filter; orders whose OrderCreated is not yet folded are left out. */
export const orderFilter = ({ customerId, statuses, placedFrom, placedTo }: OrderSelection): object => ({
  ...(customerId ? { customerId } : {}),
  ...(statuses ? { status: statuses.length === 1 ? statuses[0] : { $in: statuses } } : {}),
  placedAt: { $gte: placedFrom ?? '', ...(placedTo ? { $lt: placedTo } : {}) },
});

/** Orders by the time they were placed. @param direction -1 = newest first */
export const listOrders = (
  orders: ReadModel<OrderView>,
  selection: OrderSelection,
  direction: 1 | -1,
  request: PageRequest,
): Promise<Page<OrderView>> => readPage(orders, orderFilter(selection), { field: 'placedAt', direction }, request);

const literally = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);

const MAX_SEARCH = 200;

/** Products by SKU. @param search part of the name or SKU, in either case @throws GraphQLError BAD_USER_INPUT */
export function listProducts(
  products: ReadModel<ProductView>,
  search: string | null | undefined,
  request: PageRequest,
): Promise<Page<ProductView>> {
  const text = search?.trim();
  if (text && text.length > MAX_SEARCH) throw invalidArgument(`search is at most ${MAX_SEARCH} characters`);
  const match = text ? { $regex: literally(text), $options: 'i' } : undefined;
  const filter = { name: { $ne: null }, ...(match ? { $or: [{ name: match }, { _id: match }] } : {}) };
  return readPage(products, filter, { field: '_id', direction: 1 }, request);
}
