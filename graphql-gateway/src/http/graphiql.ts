import { beginning, NO_TOKEN } from './graphiql-start.js';

/** The page brings its own scripts and styles, and talks to this server only. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob:",
  "style-src 'unsafe-inline'",
  "connect-src 'self'",
  'worker-src blob:',
  'font-src data:',
  "img-src 'self' data:",
].join('; ');

const headers = JSON.stringify({ Authorization: `Bearer ${NO_TOKEN}` }, null, 2);

const placeOrder = (sku: string): string => `# Run this as a customer: the token stands in the
# Headers tab below.
mutation PlaceOrder {
  placeOrder(
    input: { items: [{ sku: ${JSON.stringify(sku)}, quantity: 1 }] }
  ) {
    ... on Order { id status version }
    ... on Error { code message }
  }
}
`;

const followOrder = `# Put the id of the placed order into the Variables
# tab below, then run this and watch.
subscription FollowOrder($id: ID!) {
  orderChanged(id: $id) {
    id status version revision reason
    total { amount currency }
  }
}
`;

const listProducts = `query Products {
  products(first: 20) {
    edges { node { sku name price { amount currency } available } }
    pageInfo { hasNextPage endCursor }
  }
}
`;

/**
 * GraphiQL with three tabs to begin with: place an order, follow it, list the products. Holds no data and no token; it
 * takes one from its address (`#token=…`) or a person. Its scripts take 30 MB of memory, so they are loaded when somebody
 * asks for the page.
 */
export async function graphiqlPage(sku: string): Promise<string> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const tabs = [
    { query: placeOrder(sku), headers },
    { query: followOrder, variables: JSON.stringify({ id: '' }, null, 2), headers },
    { query: listProducts, headers },
  ];
  const page = renderGraphiQL({
    title: 'kafka-order-flow',
    defaultHeaders: headers,
    defaultQuery: placeOrder(sku),
    defaultTabs: tabs,
    subscriptionsProtocol: 'SSE',
    shouldPersistHeaders: false,
  });
  return beginning(page);
}
