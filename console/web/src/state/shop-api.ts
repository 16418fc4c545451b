import type { Money } from './format.js';
import { graphql, subscribe } from './graphql.js';

export interface Product {
  readonly sku: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly category: string | null;
  readonly price: Money | null;
  readonly available: number | null;
  readonly discontinued: boolean | null;
}

export interface Order {
  readonly id: string;
  readonly status: string;
  readonly version: number;
  readonly revision: number | null;
  readonly customerId: string | null;
  readonly total: Money | null;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly placedAt: string | null;
  readonly history: readonly { readonly status: string; readonly at: string }[] | null;
}

interface Connection<T> {
  readonly edges: readonly { readonly node: T }[];
}

const ORDER = `id status version revision customerId total { amount currency } reason detail placedAt
  history { status at }`;

/** Up to 100 products that are for sale, by name or SKU. @throws RequestFailed */
export async function findProducts(search: string, signal?: AbortSignal): Promise<Product[]> {
  const { products } = await graphql<{ products: Connection<Product> }>(
    `
      query Products($search: String) {
        products(first: 100, search: $search) {
          edges {
            node {
              sku
              name
              description
              category
              price {
                amount
                currency
              }
              available
              discontinued
            }
          }
        }
      }
    `,
    { search: search || null },
    signal,
  );
  return products.edges.map(({ node }) => node).filter(({ price, discontinued }) => price && !discontinued);
}

/** The orders placed last, the caller's own or for an operator everybody's. @throws RequestFailed */
export async function recentOrders(signal?: AbortSignal): Promise<Order[]> {
  const { orders } = await graphql<{ orders: Connection<Order> }>(
    `query RecentOrders { orders(first: 20) { edges { node { ${ORDER} } } } }`,
    {},
    signal,
  );
  return orders.edges.map(({ node }) => node);
}

export interface PlaceOrder {
  readonly customerId?: string;
  readonly idempotencyKey: string;
  readonly items: readonly { readonly sku: string; readonly quantity: number; readonly expectedPrice: Money }[];
}

export type Placed =
  | { readonly id: string; readonly status: string; readonly version: number }
  | { readonly code: string; readonly message: string };

/** Places an order, or says why not. @throws RequestFailed */
export async function placeOrder(input: PlaceOrder): Promise<Placed> {
  const { placeOrder: placed } = await graphql<{ placeOrder: Placed }>(
    `
      mutation PlaceOrder($input: PlaceOrderInput!) {
        placeOrder(input: $input) {
          ... on Order {
            id
            status
            version
          }
          ... on Error {
            code
            message
          }
        }
      }
    `,
    { input },
  );
  return placed;
}

/** An order's states newer than a revision, from the present one on, until it ends. @throws RequestFailed */
export async function* orderChanges(
  id: string,
  afterRevision: number | null,
  signal: AbortSignal,
): AsyncGenerator<Order, void, undefined> {
  const query = `subscription Follow($id: ID!, $afterRevision: Int) {
    orderChanged(id: $id, afterRevision: $afterRevision) { ${ORDER} }
  }`;
  for await (const { orderChanged } of subscribe<{ orderChanged: Order }>(query, { id, afterRevision }, signal)) {
    yield orderChanged;
  }
}
